package discover

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/internal/parallel"
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
	// policies are the texts that may hold an admission policy or a binding.
	policies []string
	// seen are the files that the walk came by, in lexical order.
	seen []seen
}

// seen is a file that is yet to be looked into.
type seen struct {
	path     string
	manifest bool // it may be a plain manifest
	asked    bool // it is among the files asked for
}

// inside is what a file turned out to be.
type inside struct {
	manifest                       *file
	packaged, text, deploys, rules bool
	err                            error
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

// PolicyTests is the name of a file of tests of policies. What stands beside and
// below it is theirs: nobody deploys it.
const PolicyTests = "policy-test.yaml"

func walk(ctx context.Context, repo *source.Repo, s *scope) (*tree, error) {
	t := &tree{repo: repo, scope: s, charts: map[string]*chart{}, kusts: map[string]*kustomization{}}
	if err := t.dir(ctx, ".", everything, nil, false); err != nil {
		return nil, err
	}
	if err := t.files(ctx); err != nil {
		return nil, err
	}
	slices.Sort(t.deployers)
	slices.Sort(t.policies)
	return t, nil
}

// files looks into what was seen, several at once, and notes it in the order of
// the walk.
func (t *tree) files(ctx context.Context) error {
	found := make([]inside, len(t.seen))
	if err := parallel.Each(ctx, len(t.seen), func(i int) { found[i] = t.file(t.seen[i]) }); err != nil {
		return err
	}
	for i, f := range found {
		p := t.seen[i].path
		if f.err != nil {
			return f.err
		}
		if f.manifest != nil {
			t.manifests = append(t.manifests, f.manifest)
		}
		if f.packaged {
			t.packages = append(t.packages, p)
		}
		if f.text {
			t.texts = append(t.texts, p)
		}
		if f.deploys {
			t.deployers = append(t.deployers, p)
		}
		if f.rules {
			t.policies = append(t.policies, p)
		}
	}
	t.seen = nil
	return nil
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
	if has(PolicyTests) {
		m = textsOnly
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
			f := seen{path: p, asked: t.scope.holds(p), manifest: m == everything && t.charts[dir] == nil && isManifestName(p) && !t.kusts[dir].is(p)}
			if f.asked || f.manifest {
				t.seen = append(t.seen, f)
			}
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

// file looks into one regular file. Safe for concurrent use.
func (t *tree) file(f seen) (in inside) {
	var data []byte // all of it, where that was read
	whole := false
	if f.manifest {
		var err error
		data, err = t.repo.ReadFile(f.path)
		switch {
		case errors.Is(err, source.ErrTooLarge):
			// Its renderer says so, if it is a manifest.
			if head, err := t.repo.Head(f.path, 64<<10); err == nil && manifestKeys(head) {
				in.manifest = &file{path: f.path, large: true}
			}
		case err != nil:
			if f.asked {
				return inside{err: err}
			}
		default:
			whole = true
			in.manifest = readManifest(f.path, data)
		}
	}
	if !f.asked {
		return in
	}
	// A NUL byte near the start makes a binary, as for git.
	head := data[:min(len(data), 8000)]
	if !whole {
		var err error
		if head, err = t.repo.Head(f.path, 8000); err != nil {
			return inside{err: err}
		}
	}
	switch {
	case bytes.HasPrefix(head, gzipMagic) && (strings.HasSuffix(f.path, ".tgz") || strings.HasSuffix(f.path, ".tar.gz")):
		in.packaged = true
	case bytes.IndexByte(head, 0) < 0:
		in.text = true
		if !isTemplateName(f.path) {
			break
		}
		if !whole {
			data, _ = t.repo.ReadFile(f.path) // too large to read: no object is looked for
		}
		in.deploys, in.rules = mayDeploy(data), mayHoldPolicy(data)
	}
	return in
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
