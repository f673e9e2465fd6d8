package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/render/helm"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// The program of the Helm version that go.mod links.
const (
	helmModule  = "helm.sh/helm/v3/cmd/helm"
	helmVersion = "v3.22.0"
	kubeVersion = "v1.34.0"
)

// helmPart renders every chart of the corpus, with its default values and each
// of its ci/*-values.yaml, with `helm template` and with kustoms, and compares
// bytes. Calls to random and time functions are taken out of a copy that both
// render.
func helmPart(ctx context.Context, o options) (bool, error) {
	bin, err := tool(ctx, helmModule, helmVersion)
	if err != nil {
		return false, err
	}
	dir, charts, err := corpusCopy(ctx, o.corpus)
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		return false, err
	}
	defer repo.Close()
	var rendered, equal, different, both, one, lines, exact int
	var theirs, ours time.Duration
	r := &helm.Renderer{Repo: repo, KubeVersion: kubeVersion}
	for _, chart := range charts {
		ci, err := filepath.Glob(filepath.Join(dir, chart, "ci", "*-values.yaml"))
		if err != nil {
			return false, err
		}
		for _, values := range append([]string{""}, ci...) {
			t := result.Target{Name: chart, Kind: result.KindHelm, Path: chart, Helm: &result.Helm{}}
			args := []string{"template", "release-name", filepath.Join(dir, chart), "--include-crds", "--kube-version", kubeVersion}
			name := chart
			if values != "" {
				rel, err := filepath.Rel(dir, values)
				if err != nil {
					return false, err
				}
				t.Helm.ValueFiles, args = []string{filepath.ToSlash(rel)}, append(args, "--values", values)
				name += " with " + filepath.Base(values)
			}
			start := time.Now()
			want, cliErr := run1(ctx, bin, args...)
			theirs += time.Since(start)
			start = time.Now()
			got, err := r.Render(ctx, t)
			ours += time.Since(start)
			switch {
			case cliErr != nil && err != nil:
				both++
				if o.verbose {
					fmt.Printf("  failed in both: %s\n    helm: %.300s\n    kustoms: %.300s\n", name, cliErr, render.AsFault(err))
				}
				continue
			case cliErr != nil || err != nil:
				one++
				fmt.Printf("  FAILED IN ONE: %s\n    helm: %v\n    kustoms: %v\n", name, cliErr, err)
				continue
			case bytes.Equal(want, got.Text):
				rendered, equal = rendered+1, equal+1
			default:
				rendered, different = rendered+1, different+1
				fmt.Printf("  DIFFERENT: %s\n    %s\n", name, firstDifference(want, got.Text))
			}
			for _, d := range got.Documents {
				for i := range bytes.Count(d.Text, []byte("\n")) + 1 {
					lines++
					if d.LineOrigin(i + 1).Exact {
						exact++
					}
				}
			}
		}
	}
	fmt.Printf("helm: rendered %d, equal %d, different %d, failed in both %d, failed in one %d\n", rendered, equal, different, both, one)
	fmt.Printf("helm: a loop of `helm template` took %.2fs, kustoms %.2fs (%.2f of it), with tracing; %d of %d lines traced exactly\n",
		theirs.Seconds(), ours.Seconds(), ours.Seconds()/theirs.Seconds(), exact, lines)
	return different+one == 0, nil
}

// run1 runs a program and returns what it printed, or its last words.
func run1(ctx context.Context, bin string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, errors.New(strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}

// corpusCopy copies the corpus' charts to a temporary directory without random
// and time functions, and lists them, sub-charts left out.
func corpusCopy(ctx context.Context, corpus string) (dir string, charts []string, err error) {
	if dir, err = os.MkdirTemp("", "kustoms-conformance-"); err != nil {
		return "", nil, err
	}
	root := filepath.Join(corpus, "charts")
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o777)
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if d.Name() == "Chart.yaml" && !nested(root, filepath.Dir(p)) {
			charts = append(charts, filepath.ToSlash(filepath.Dir(rel)))
		}
		return os.WriteFile(to, derandomize(data), 0o666)
	})
	slices.Sort(charts)
	return dir, charts, err
}

// nested reports whether a chart stands in another's charts folder.
func nested(root, chart string) bool {
	for dir := filepath.Dir(chart); len(dir) > len(root); dir = filepath.Dir(dir) {
		if filepath.Base(dir) == "charts" {
			if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "Chart.yaml")); err == nil {
				return true
			}
		}
	}
	return false
}

var action = regexp.MustCompile(`(?s)\{\{.*?\}\}`)

// fixed are calls that print the same on both sides, in place of random ones:
// each takes what the original takes, piped or not.
var fixed = []struct {
	call *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\b(?:randAlphaNum|randAlpha|randAscii|randNumeric|randBytes)\b`), `printf "fixed%v"`},
	{regexp.MustCompile(`\buuidv4\b`), `print "6b757374-6f6d-4000-8000-666978656421"`},
	{regexp.MustCompile(`\bnow\b`), `(toDate "2006-01-02" "2024-01-01")`},
	{regexp.MustCompile(`\b(?:genCA|genSelfSignedCert|genSignedCert)(?:WithKey)?\b`), `coalesce (dict "Cert" "CERT" "Key" "KEY")`},
	{regexp.MustCompile(`\bgenPrivateKey\b`), `coalesce "KEY"`},
	{regexp.MustCompile(`\bbcrypt\b`), `printf "hash%v"`},
	{regexp.MustCompile(`\bhtpasswd\b`), `printf "%v:%v"`},
}

func derandomize(data []byte) []byte {
	return action.ReplaceAllFunc(data, func(a []byte) []byte {
		for _, f := range fixed {
			a = f.call.ReplaceAll(a, []byte(f.with))
		}
		return a
	})
}

// helmRender renders with a renderer of its own: the files have changed.
func helmRender(ctx context.Context, repo *source.Repo, t result.Target) (*render.Output, error) {
	return (&helm.Renderer{Repo: repo, KubeVersion: kubeVersion}).Render(ctx, t)
}
