package discover

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// tree is what one walk over the repository found. Its maps go by directory.
type tree struct {
	repo   *source.Repo
	scope  *scope
	charts map[string]*chart
	kusts  map[string]*kustomization
	// manifests are the files outside charts that hold Kubernetes objects, in
	// lexical order.
	manifests []*file
	// texts are the files asked for that git does not ignore and that are no
	// binaries.
	texts []string
}

// file is one file with Kubernetes objects.
type file struct {
	path string
	// objects are those that decide what is deployed; the others stay unparsed.
	objects []*manifest.Object
	// config says that the file holds a ConfigMap or Secret, which a GitOps
	// object may read.
	config bool
	// broken is why it cannot be checked.
	broken string
	// large says that it is too large to read: a target of its own, so that
	// no other file fails with it.
	large bool
}

// mode is what a directory is looked at for.
type mode int

const (
	everything mode = iota
	unitsOnly       // charts and kustomizations, no plain manifests: inside a chart
	textsOnly       // nothing that is deployed by itself: a chart's own parts
)

func walk(ctx context.Context, repo *source.Repo, s *scope, whole bool) (*tree, error) {
	t := &tree{repo: repo, scope: s, charts: map[string]*chart{}, kusts: map[string]*kustomization{}}
	w := &walker{tree: t, whole: whole}
	if err := w.dir(ctx, ".", everything, nil, false); err != nil {
		return nil, err
	}
	return t, nil
}

type walker struct {
	*tree
	// whole looks outside of the scope too, for objects that deploy what is in
	// it.
	whole bool
}

// dir looks at one directory. open says that the user named it or a directory
// above it although git ignores it, so that nothing below is ignored.
func (w *walker) dir(ctx context.Context, dir string, m mode, ig *ignore, open bool) error {
	entries, err := w.repo.ReadDir(dir)
	if err != nil {
		if dir == "." || w.scope.holds(dir) {
			return err
		}
		return nil // cannot be read, and was not asked for
	}
	if !open {
		ig = readIgnore(w.repo, dir, ".gitignore", ig)
	}
	has := func(name string) bool {
		return slices.ContainsFunc(entries, func(d fs.DirEntry) bool { return d.Name() == name && !d.IsDir() })
	}
	if m != textsOnly && has("Chart.yaml") && !w.scope.skip(path.Join(dir, "Chart.yaml")) {
		w.charts[dir] = readChart(w.repo, dir, entries)
	}
	if m != textsOnly {
		for _, name := range kustomizationFiles {
			if p := path.Join(dir, name); has(name) && !w.scope.skip(p) {
				if k := readKustomization(w.repo, p); k != nil {
					w.kusts[dir] = k
				}
				break
			}
		}
	}
	for _, d := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		p, isDir := path.Join(dir, d.Name()), d.IsDir()
		if d.Name() == ".git" || w.scope.skip(p) {
			continue
		}
		if !w.whole && !w.scope.holds(p) && !(isDir && w.scope.leads(p)) {
			continue
		}
		open := open
		if ig.match(p, isDir) && !open {
			if !w.scope.leads(p) {
				continue
			}
			open = true
		}
		if isDir {
			err = w.dir(ctx, p, w.modeOf(p, m), ig, open)
		} else if d.Type().IsRegular() {
			err = w.file(p, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// modeOf is what the directory p below one of mode m is looked at for. What
// stands in a chart is the chart's, but a chart in the repository's root does
// not own the repository.
func (w *walker) modeOf(p string, m mode) mode {
	parent := path.Dir(p)
	if m == textsOnly || w.charts[parent] == nil {
		return m
	}
	if slices.Contains(chartParts, path.Base(p)) {
		return textsOnly
	}
	if parent == "." {
		return m
	}
	return unitsOnly
}

// file looks at one regular file.
func (w *walker) file(p string, m mode) error {
	if m == everything && w.charts[path.Dir(p)] == nil && isManifestName(p) && !w.kusts[path.Dir(p)].is(p) {
		data, err := w.repo.ReadFile(p)
		switch {
		case errors.Is(err, source.ErrTooLarge):
			// Its renderer says so, if it is a manifest.
			if head, err := w.repo.Head(p, 64<<10); err == nil && manifestKeys(head) {
				w.manifests = append(w.manifests, &file{path: p, large: true})
			}
		case err != nil:
			if w.scope.holds(p) {
				return err
			}
		default:
			if f := readManifest(p, data); f != nil {
				w.manifests = append(w.manifests, f)
			}
		}
	}
	if w.scope.holds(p) {
		// A NUL byte near the start makes a binary, as for git.
		head, err := w.repo.Head(p, 8000)
		if err != nil {
			return err
		}
		if bytes.IndexByte(head, 0) < 0 {
			w.texts = append(w.texts, p)
		}
	}
	return nil
}

func isManifestName(p string) bool {
	switch strings.ToLower(path.Ext(p)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}
