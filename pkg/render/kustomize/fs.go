package kustomize

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// errReadOnly answers every attempt to write.
var errReadOnly = errors.New("the repository is read-only")

// files is what one render reads: the repository, confined and read-only, each
// file once, so that every look at a path sees the same bytes. It spends the
// budget of the render and stops with its context.
type files struct {
	ctx   context.Context
	repo  *source.Repo
	cache map[string][]byte
	// virtual are files that the build made, in no repository.
	virtual map[string][]byte
	dirs    map[string]bool // that only such files are in
	budget  int64
}

func newFiles(ctx context.Context, repo *source.Repo, budget int64) *files {
	return &files{ctx: ctx, repo: repo.In(ctx), cache: map[string][]byte{}, virtual: map[string][]byte{}, dirs: map[string]bool{}, budget: budget}
}

// known reports whether p is a file that the build made.
func (f *files) known(p string) bool { _, ok := f.virtual[p]; return ok }

// add makes a file that the build reads and the repository does not have.
func (f *files) add(p string, data []byte) {
	f.virtual[p] = data
	f.cache[p] = data
	for d := path.Dir(p); d != "." && !f.dirs[d] && !f.repo.IsDir(d); d = path.Dir(d) {
		f.dirs[d] = true
	}
}

// resolve is Repo.Resolve, and what the build made is itself.
func (f *files) resolve(p string) (string, error) {
	if f.known(p) || f.dirs[p] {
		return p, nil
	}
	return f.repo.Resolve(p)
}

// regular reports whether p is a file.
func (f *files) regular(p string) bool {
	info, err := f.repo.Stat(p)
	return f.known(p) || err == nil && info.Mode().IsRegular()
}

func (f *files) read(p string) ([]byte, error) {
	if err := f.ctx.Err(); err != nil {
		return nil, err
	}
	real, err := f.resolve(p)
	if err != nil {
		return nil, err
	}
	if data, ok := f.cache[real]; ok {
		return data, nil
	}
	data, err := f.repo.ReadFile(real)
	if err != nil {
		return nil, err
	}
	if f.budget -= int64(len(data)); f.budget < 0 {
		return nil, fmt.Errorf("%s: %w", p, errInput)
	}
	f.cache[real] = data
	return data, nil
}

// view is the filesys.FileSystem that krusty is given: files with some of them
// replaced, and some added, in memory. Paths are absolute below root, as
// `kustomize build` has them, so that an absolute path in a kustomization
// means the same.
type view struct {
	*files
	root    string            // the repository's absolute path
	overlay map[string][]byte // by repository path
}

func newView(f *files) *view {
	return &view{files: f, root: filepath.ToSlash(f.repo.Dir()), overlay: maps.Clone(f.virtual)}
}

// add puts a file into the overlay, in a directory that there is.
func (v *view) add(p string, data []byte) { v.overlay[p] = data }

func (v *view) abs(rel string) string { return path.Join(v.root, rel) }

func (v *view) rel(p string) (string, error) {
	if p = path.Clean(filepath.ToSlash(p)); p == v.root {
		return ".", nil
	}
	if rest, ok := strings.CutPrefix(p, strings.TrimSuffix(v.root, "/")+"/"); ok {
		return rest, nil
	}
	return "", fmt.Errorf("%s: %w", p, source.ErrOutside)
}

// resolve is rel with links followed; what is only in the overlay stays.
func (v *view) resolve(p string) (rel string, dir bool, err error) {
	if err = v.ctx.Err(); err != nil {
		return "", false, err
	}
	if rel, err = v.rel(p); err != nil {
		return "", false, err
	}
	if v.dirs[rel] {
		return rel, true, nil
	}
	if _, ok := v.overlay[rel]; ok {
		return rel, false, nil
	}
	real, err := v.repo.Resolve(rel)
	if err != nil {
		return "", false, err
	}
	return real, v.repo.IsDir(real), nil
}

// CleanedAbs implements filesys.FileSystem.
func (v *view) CleanedAbs(p string) (filesys.ConfirmedDir, string, error) {
	rel, dir, err := v.resolve(p)
	if err != nil {
		return "", "", err
	}
	if dir {
		return filesys.ConfirmedDir(v.abs(rel)), "", nil
	}
	return filesys.ConfirmedDir(v.abs(path.Dir(rel))), path.Base(rel), nil
}

// ReadFile implements filesys.FileSystem.
func (v *view) ReadFile(p string) ([]byte, error) {
	rel, _, err := v.resolve(p)
	if err != nil {
		return nil, err
	}
	if data, ok := v.overlay[rel]; ok {
		return data, nil
	}
	return v.read(rel)
}

// IsDir implements filesys.FileSystem.
func (v *view) IsDir(p string) bool { _, dir, err := v.resolve(p); return err == nil && dir }

// Exists implements filesys.FileSystem.
func (v *view) Exists(p string) bool { _, _, err := v.resolve(p); return err == nil }

// ReadDir implements filesys.FileSystem.
func (v *view) ReadDir(p string) ([]string, error) {
	rel, _, err := v.resolve(p)
	if err != nil {
		return nil, err
	}
	entries, err := v.repo.ReadDir(rel)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

// Glob implements filesys.FileSystem. No field of a kustomization takes a
// pattern.
func (v *view) Glob(string) ([]string, error) { return nil, errors.ErrUnsupported }

// Walk implements filesys.FileSystem.
func (v *view) Walk(p string, fn filepath.WalkFunc) error {
	rel, _, err := v.resolve(p)
	if err != nil {
		return err
	}
	return v.repo.Walk(v.ctx, rel, func(p string, d fs.DirEntry) error {
		info, err := d.Info()
		return fn(v.abs(p), info, err)
	})
}

// Open implements filesys.FileSystem; only ReadFile is used to read.
func (v *view) Open(string) (filesys.File, error) { return nil, errors.ErrUnsupported }

// Create implements filesys.FileSystem.
func (v *view) Create(string) (filesys.File, error) { return nil, errReadOnly }

// Mkdir implements filesys.FileSystem.
func (v *view) Mkdir(string) error { return errReadOnly }

// MkdirAll implements filesys.FileSystem.
func (v *view) MkdirAll(string) error { return errReadOnly }

// RemoveAll implements filesys.FileSystem.
func (v *view) RemoveAll(string) error { return errReadOnly }

// WriteFile implements filesys.FileSystem.
func (v *view) WriteFile(string, []byte) error { return errReadOnly }

var _ filesys.FileSystem = (*view)(nil)

// plainError drops the machine's path from a message of krusty's.
func (v *view) plainError(err error) string {
	return strings.ReplaceAll(strings.ReplaceAll(err.Error(), v.root+"/", ""), v.root, ".")
}
