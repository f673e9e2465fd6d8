package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/render/kustomize"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// The program that krusty's version is released in.
const (
	kustomizeModule  = "sigs.k8s.io/kustomize/kustomize/v5"
	kustomizeVersion = "v5.8.2"
)

// kustomizePart builds every kustomization of the corpus, roots or not, with
// `kustomize build` and with kustoms, and compares bytes.
func kustomizePart(ctx context.Context, o options) (bool, error) {
	bin, err := tool(ctx, kustomizeModule, kustomizeVersion)
	if err != nil {
		return false, err
	}
	var rendered, equal, different, both, one int
	var theirs, ours time.Duration
	var sum tally
	for _, sub := range []string{"overlays", "gitops"} {
		repos, err := os.ReadDir(filepath.Join(o.corpus, sub))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return false, err
		}
		for _, e := range repos {
			repo, err := source.OpenRepo(filepath.Join(o.corpus, sub, e.Name()), 0)
			if err != nil {
				return false, err
			}
			defer repo.Close()
			dirs, err := kustomizations(ctx, repo)
			if err != nil {
				return false, err
			}
			r := &kustomize.Renderer{Repo: repo}
			p := planter{open: func(repo *source.Repo) render.Renderer { return &kustomize.Renderer{Repo: repo} }, sum: &sum, verbose: o.verbose}
			if p.root, err = os.MkdirTemp("", "kustoms-conformance-"); err != nil {
				return false, err
			}
			defer os.RemoveAll(p.root)
			if err := os.CopyFS(p.root, os.DirFS(repo.Dir())); err != nil {
				return false, err
			}
			for _, dir := range dirs {
				name := path.Join(sub, e.Name(), dir)
				start := time.Now()
				want, cliErr := kustomizeBuild(ctx, bin, filepath.Join(repo.Dir(), dir))
				theirs += time.Since(start)
				start = time.Now()
				t := result.Target{Name: name, Kind: result.KindKustomize, Path: dir}
				got, err := r.Render(ctx, t)
				ours += time.Since(start)
				if err == nil {
					if err := p.target(ctx, t, got); err != nil {
						return false, err
					}
				}
				switch {
				case cliErr != nil && err != nil:
					both++
					if o.verbose {
						f := render.AsFault(err)
						fmt.Printf("  failed in both: %s\n    kustomize: %.300s\n    kustoms: %.300s\n    hint: %s\n", name, cliErr, f.Error(), f.Hint)
					}
				case cliErr != nil || err != nil:
					one++
					fmt.Printf("  FAILED IN ONE: %s\n    kustomize: %v\n    kustoms: %v\n", name, cliErr, err)
				case bytes.Equal(want, got.Text):
					rendered, equal = rendered+1, equal+1
				default:
					rendered, different = rendered+1, different+1
					fmt.Printf("  DIFFERENT: %s\n    %s\n", name, firstDifference(want, got.Text))
				}
			}
		}
	}
	fmt.Printf("kustomize: rendered %d, equal %d, different %d, failed in both %d, failed in one %d\n", rendered, equal, different, both, one)
	fmt.Printf("kustomize: a loop of `kustomize build` took %.2fs, kustoms %.2fs (%.2f of it)\n", theirs.Seconds(), ours.Seconds(), ours.Seconds()/theirs.Seconds())
	sum.print("kustomize")
	return different+one+sum.wrongExact == 0, nil
}

// kustomizations lists the directories of repo that hold a kustomization.
func kustomizations(ctx context.Context, repo *source.Repo) ([]string, error) {
	var dirs []string
	err := repo.Walk(ctx, ".", func(p string, d fs.DirEntry) error {
		if !d.IsDir() && slices.Contains([]string{"kustomization.yaml", "kustomization.yml", "Kustomization"}, path.Base(p)) {
			dirs = append(dirs, path.Dir(p))
		}
		return nil
	})
	slices.Sort(dirs)
	return slices.Compact(dirs), err
}

// kustomizeBuild runs the real program. Proxies that nobody serves make remote
// references fail at once.
func kustomizeBuild(ctx context.Context, bin, dir string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, "build", dir)
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "http_proxy=http://127.0.0.1:1", "https_proxy=http://127.0.0.1:1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, errors.New(strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}

// firstDifference shows where two outputs part.
func firstDifference(want, got []byte) string {
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d: want %q, got %q", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("want %d lines, got %d", len(w), len(g))
}
