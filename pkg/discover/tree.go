package discover

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

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
	// packages are the packaged charts among the files asked for.
	packages []string
	// deployers are the texts that may hold an object of Argo CD or Flux.
	deployers []string
}

// file is one file with Kubernetes objects.
type file struct {
	path string
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

func walk(ctx context.Context, repo *source.Repo, s *scope) (*tree, error) {
	t := &tree{repo: repo, scope: s, charts: map[string]*chart{}, kusts: map[string]*kustomization{}}
	if err := t.dir(ctx, ".", everything, nil, false); err != nil {
		return nil, err
	}
	slices.Sort(t.deployers)
	return t, nil
}

// dir looks at one directory. open says that the user named it or a directory
// above it although git ignores it, so that nothing below is ignored.
func (t *tree) dir(ctx context.Context, dir string, m mode, ig *ignore, open bool) error {
	entries, err := t.repo.ReadDir(dir)
	if err != nil {
		if dir == "." || t.scope.holds(dir) {
			return err
		}
		return nil // cannot be read, and was not asked for
	}
	if !open {
		ig = readIgnore(t.repo, dir, ig)
	}
	has := func(name string) bool {
		return slices.ContainsFunc(entries, func(d fs.DirEntry) bool { return d.Name() == name && !d.IsDir() })
	}
	if m != textsOnly && has("Chart.yaml") && !t.scope.skip(path.Join(dir, "Chart.yaml")) {
		t.charts[dir] = readChart(t.repo, dir, entries)
	}
	if m != textsOnly {
		for _, name := range kustomizationFiles {
			if p := path.Join(dir, name); has(name) && !t.scope.skip(p) {
				if k := readKustomization(t.repo, p); k != nil {
					t.kusts[dir] = k
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
		if d.Name() == ".git" || t.scope.skip(p) {
			continue
		}
		if !t.scope.holds(p) && !(isDir && t.scope.leads(p)) {
			continue
		}
		open := open
		if ig.match(p, isDir) && !open {
			if !t.scope.leads(p) {
				continue
			}
			open = true
		}
		if isDir {
			err = t.dir(ctx, p, t.modeOf(p, m), ig, open)
		} else if d.Type().IsRegular() {
			err = t.file(p, m)
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
func (t *tree) modeOf(p string, m mode) mode {
	parent := path.Dir(p)
	if m == textsOnly || t.charts[parent] == nil {
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
func (t *tree) file(p string, m mode) error {
	if m == everything && t.charts[path.Dir(p)] == nil && isManifestName(p) && !t.kusts[path.Dir(p)].is(p) {
		data, err := t.repo.ReadFile(p)
		switch {
		case errors.Is(err, source.ErrTooLarge):
			// Its renderer says so, if it is a manifest.
			if head, err := t.repo.Head(p, 64<<10); err == nil && manifestKeys(head) {
				t.manifests = append(t.manifests, &file{path: p, large: true})
			}
		case err != nil:
			if t.scope.holds(p) {
				return err
			}
		default:
			if f := readManifest(p, data); f != nil {
				t.manifests = append(t.manifests, f)
			}
		}
	}
	if t.scope.holds(p) {
		// A NUL byte near the start makes a binary, as for git.
		head, err := t.repo.Head(p, 8000)
		if err != nil {
			return err
		}
		if bytes.HasPrefix(head, gzipMagic) && (strings.HasSuffix(p, ".tgz") || strings.HasSuffix(p, ".tar.gz")) {
			t.packages = append(t.packages, p)
			return nil
		}
		if bytes.IndexByte(head, 0) >= 0 {
			return nil
		}
		t.texts = append(t.texts, p)
		if isTemplateName(p) {
			if data, err := t.repo.ReadFile(p); err == nil && mayDeploy(data) {
				t.deployers = append(t.deployers, p)
			}
		}
	}
	return nil
}

// gzipMagic starts a gzip file (RFC 1952).
var gzipMagic = []byte{0x1f, 0x8b}

func isManifestName(p string) bool {
	switch strings.ToLower(path.Ext(p)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}
