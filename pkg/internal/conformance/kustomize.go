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
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// The program that krusty's version is released in.
const (
	kustomizeModule  = "sigs.k8s.io/kustomize/kustomize/v5"
	kustomizeVersion = "v5.8.2"
)

// overlay is a kustomization of the corpus, and what the two made of it.
type overlay struct {
	name string
	*overlays
	target  result.Target
	want    []byte
	wantErr error
	got     *render.Output
	err     error
}

// overlays are the kustomizations of one repository.
type overlays struct {
	repo *source.Repo
	dirs []string
}

// kustomizePart builds every kustomization of the corpus, roots or not, with `kustomize build` one after the other and
// with kustoms, tracing every line, and compares bytes.
func kustomizePart(ctx context.Context, o options) (bool, error) {
	bin, err := tool(ctx, kustomizeModule, kustomizeVersion)
	if err != nil {
		return false, err
	}
	if ok, err := fixturesPart(ctx, bin, o); !ok || err != nil {
		return ok, err
	}
	all, done, err := corpusOverlays(ctx, o.corpus)
	defer done()
	if err != nil {
		return false, err
	}
	start, cpu := time.Now(), cpuTime()
	for i := range all {
		v := &all[i]
		v.want, v.wantErr = kustomizeBuild(ctx, bin, filepath.Join(v.repo.Dir(), v.target.Path))
	}
	theirs, theirCPU := time.Since(start), cpuTime()-cpu
	start, cpu = time.Now(), cpuTime()
	buildAll(ctx, all, runtime.GOMAXPROCS(0))
	ours, ourCPU := time.Since(start), cpuTime()-cpu
	ok := compareBuilds("kustomize", all, o.verbose)
	fmt.Printf("kustomize: a loop of `kustomize build` took %.2fs, kustoms with tracing %.2fs (%.2f of it), %d at once\n",
		theirs.Seconds(), ours.Seconds(), ours.Seconds()/theirs.Seconds(), runtime.GOMAXPROCS(0))
	fmt.Printf("kustomize: of CPU the loop took %.2fs, kustoms %.2fs (%.2f of it)\n", theirCPU.Seconds(), ourCPU.Seconds(), ourCPU.Seconds()/theirCPU.Seconds())
	start = time.Now()
	one := slices.Clone(all)
	buildAll(ctx, one, 1)
	fmt.Printf("kustomize: one at a time kustoms took %.2fs\n", time.Since(start).Seconds())
	for i := range all {
		if all[i].err == nil && (one[i].err != nil || !bytes.Equal(all[i].got.Text, one[i].got.Text)) {
			ok = false
			fmt.Printf("  DIFFERENT from when it is built alone: %s\n", all[i].name)
		}
	}
	sum, err := plantAll(ctx, all, o.verbose)
	sum.print("kustomize")
	return ok && sum.wrongExact == 0, err
}

// corpusOverlays lists the kustomizations; done closes their repositories.
func corpusOverlays(ctx context.Context, corpus string) (all []overlay, done func(), err error) {
	var repos []*source.Repo
	done = func() {
		for _, r := range repos {
			r.Close()
		}
	}
	for _, sub := range []string{"overlays", "gitops"} {
		entries, err := os.ReadDir(filepath.Join(corpus, sub))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, done, err
		}
		for _, e := range entries {
			repo, err := source.OpenRepo(filepath.Join(corpus, sub, e.Name()), 0)
			if err != nil {
				return nil, done, err
			}
			repos = append(repos, repo)
			dirs, err := kustomizations(ctx, repo)
			if err != nil {
				return nil, done, err
			}
			of := &overlays{repo, dirs}
			for _, dir := range dirs {
				name := path.Join(sub, e.Name(), dir)
				all = append(all, overlay{name: name, overlays: of, target: result.Target{Name: name, Kind: result.KindKustomize, Path: dir}})
			}
		}
	}
	return all, done, nil
}

// buildAll renders all, jobs at once, and traces every line.
func buildAll(ctx context.Context, all []overlay, jobs int) {
	next := make(chan *overlay)
	var wg sync.WaitGroup
	for range jobs {
		wg.Go(func() {
			for v := range next {
				if v.got, v.err = kustomizeRenderer(v.repo).Render(ctx, v.target); v.err == nil {
					for _, d := range v.got.Documents {
						d.Map.Line(1)
					}
				}
			}
		})
	}
	for i := range all {
		next <- &all[i]
	}
	close(next)
	wg.Wait()
}

// compareBuilds prints what is not as it should be, and the sums.
func compareBuilds(what string, all []overlay, verbose bool) bool {
	var equal, different, both, one int
	for _, v := range all {
		switch {
		case v.wantErr != nil && v.err != nil:
			both++
			if verbose {
				f := render.AsFault(v.err)
				fmt.Printf("  failed in both: %s\n    kustomize: %.300s\n    kustoms: %.300s\n    hint: %s\n", v.name, v.wantErr, f.Error(), f.Hint)
			}
		case v.wantErr != nil || v.err != nil:
			one++
			fmt.Printf("  FAILED IN ONE: %s\n    kustomize: %v\n    kustoms: %v\n", v.name, v.wantErr, v.err)
		case bytes.Equal(v.want, v.got.Text):
			equal++
		default:
			different++
			fmt.Printf("  DIFFERENT: %s\n    %s\n", v.name, firstDifference(v.want, v.got.Text))
		}
	}
	fmt.Printf("%s: rendered %d, equal %d, different %d, failed in both %d, failed in one %d\n", what, equal+different, equal, different, both, one)
	return different+one == 0
}

// plantAll plants in a copy of each repository, one target at a time.
func plantAll(ctx context.Context, all []overlay, verbose bool) (sum tally, err error) {
	roots := map[*overlays]string{}
	defer func() {
		for _, dir := range roots {
			os.RemoveAll(dir)
		}
	}()
	for _, v := range all {
		if v.err != nil {
			continue
		}
		if roots[v.overlays] == "" {
			if roots[v.overlays], err = os.MkdirTemp("", "kustoms-conformance-"); err != nil {
				return sum, err
			}
			if err := os.CopyFS(roots[v.overlays], os.DirFS(v.repo.Dir())); err != nil {
				return sum, err
			}
		}
		p := planter{
			root: roots[v.overlays], sum: &sum, verbose: verbose,
			open: func(repo *source.Repo) render.Renderer { return kustomizeRenderer(repo) },
		}
		if err := p.target(ctx, v.target, v.got); err != nil {
			return sum, err
		}
	}
	return sum, nil
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
func kustomizeBuild(ctx context.Context, bin, dir string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, append([]string{"build", dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "http_proxy=http://127.0.0.1:1", "https_proxy=http://127.0.0.1:1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, errors.New(strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}

// cpuTime is what this process and the programs that it has run have used.
func cpuTime() (sum time.Duration) {
	for _, who := range [...]int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var r syscall.Rusage
		if syscall.Getrusage(who, &r) == nil {
			sum += time.Duration(r.Utime.Nano() + r.Stime.Nano())
		}
	}
	return sum
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
