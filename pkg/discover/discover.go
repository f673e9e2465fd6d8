// Package discover finds what a repository deploys: Helm charts, Kustomize
// overlays and plain manifests. Each becomes a Target; nothing is rendered
// here.
package discover

import (
	"bytes"
	"context"
	"io/fs"
	"path"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Options say what to look at. The zero value is the whole repository.
type Options struct {
	// Paths limit the targets to these files and directories, repository-
	// relative; none: the whole repository.
	Paths []string
	// Skip answers true for paths that are not looked at. May be nil.
	Skip func(path string) bool
	// NoGitOps leaves Argo CD's and Flux' objects uninterpreted.
	NoGitOps bool
}

// Find lists the targets of the repository, sorted by name. Broken input is a
// target that is skipped with its reason, or one that fails when rendered; the
// error is a path that does not exist, or ctx's.
func Find(ctx context.Context, repo *source.Repo, opt Options) ([]result.Target, error) {
	paths, skip := opt.Paths, opt.Skip
	if len(paths) == 0 {
		paths = []string{"."}
	}
	if skip == nil {
		skip = func(string) bool { return false }
	}
	var out []result.Target
	plain := map[string]*result.Target{}
	visit := func(p string, d fs.DirEntry) error {
		if skip(p) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			if repo.Exists(path.Join(p, "Chart.yaml")) {
				out = append(out, result.Target{Name: p, Kind: result.KindHelm, Path: p, Helm: &result.Helm{}})
				return fs.SkipDir
			}
			if repo.Exists(path.Join(p, "kustomization.yaml")) {
				out = append(out, result.Target{Name: p, Kind: result.KindKustomize, Path: p, Kustomize: &result.Kustomize{}})
				return fs.SkipDir
			}
			return nil
		}
		if ext := path.Ext(p); ext != ".yaml" && ext != ".yml" {
			return nil
		}
		data, err := repo.ReadFile(p)
		if err != nil || !bytes.Contains(data, []byte("apiVersion:")) {
			return nil
		}
		dir := path.Dir(p)
		if plain[dir] == nil {
			plain[dir] = &result.Target{Name: dir, Kind: result.KindPlain, Path: dir}
		}
		plain[dir].Files = append(plain[dir].Files, p)
		return nil
	}
	for _, p := range paths {
		if err := repo.Walk(ctx, p, visit); err != nil {
			return nil, err
		}
	}
	for _, t := range plain {
		out = append(out, *t)
	}
	return out, nil
}
