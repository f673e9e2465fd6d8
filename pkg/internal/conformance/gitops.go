package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/tools/txtar"
)

// gitopsCases is a repository with objects of Argo CD and Flux. Its comment
// says, target by target, which commands a person would run in their place:
//
//	TARGET: helm template …
//	TARGET: kustomize build DIR
//	TARGET: helm template … | kustomize build DIR
//
// The last writes the chart to DIR/rendered.yaml before the build. The
// kustomizations in DIR are written by hand, below want/.
//
//go:embed testdata/gitops.txtar
var gitopsCases []byte

// gitopsPart renders what GitOps objects deploy, with the whole program, and
// compares it with what the commands print.
func gitopsPart(ctx context.Context, _ options) (bool, error) {
	helm, err := tool(ctx, helmModule, helmVersion)
	if err != nil {
		return false, err
	}
	kustomize, err := tool(ctx, kustomizeModule, kustomizeVersion)
	if err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "kustoms-conformance-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	own := filepath.Join(dir, "bin", "kustoms")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", own, "github.com/kustoms-dev/kustoms/cmd/kustoms").CombinedOutput(); err != nil {
		return false, fmt.Errorf("building kustoms: %w\n%s", err, out)
	}
	cases := txtar.Parse(gitopsCases)
	repo := filepath.Join(dir, "repo")
	for _, f := range cases.Files {
		p := filepath.Join(repo, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			return false, err
		}
		if err := os.WriteFile(p, f.Data, 0o666); err != nil {
			return false, err
		}
	}
	in := func(bin string, args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, bin, args...)
		cmd.Dir = repo
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			err = fmt.Errorf("%s %s: %w: %.500s", filepath.Base(bin), strings.Join(args, " "), err, stderr.String())
		}
		return out, err
	}
	equal, different := 0, 0
	for line := range strings.Lines(string(cases.Comment)) {
		target, commands, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		got, err := in(own, "render", target)
		if err != nil {
			return false, err
		}
		var want []byte
		for c := range strings.SplitSeq(commands, " | ") {
			words := strings.Fields(c)
			switch words[0] {
			case "helm":
				want, err = in(helm, append(words[1:], "--kube-version", kubeVersion)...)
			case "kustomize":
				if want != nil {
					err = os.WriteFile(filepath.Join(repo, words[2], "rendered.yaml"), want, 0o666)
				}
				if err == nil {
					want, err = in(kustomize, words[1:]...)
				}
			default:
				err = fmt.Errorf("%s: unknown command %q", target, words[0])
			}
			if err != nil {
				return false, err
			}
		}
		// What was post-rendered is printed as a stream of Helm's, each
		// document behind its separator.
		if bytes.Equal(bytes.TrimPrefix(got, []byte("---\n")), bytes.TrimPrefix(want, []byte("---\n"))) {
			equal++
			continue
		}
		different++
		fmt.Printf("  DIFFERENT: %s\n    %s\n", target, firstDifference(want, got))
	}
	fmt.Printf("gitops: targets %d, equal to the commands %d, different %d\n", equal+different, equal, different)
	return different == 0 && equal > 0, nil
}
