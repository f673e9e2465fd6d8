package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// maxLink is how long the target of a symbolic link may be, as in Linux.
const maxLink = 4096

// Tree serves the directory dir of the working tree (an absolute path) as it is
// in the commit. A directory that is not there is an empty one. Submodules are
// empty directories, as they are in a plain clone; objects that a partial clone
// has not fetched are errors.
func (r *Repo) Tree(c Commit, dir string) (source.Tree, error) {
	sub, err := r.sub(dir)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	commit, err := r.commit(plumbing.NewHash(c.Hash))
	if err != nil {
		return nil, err
	}
	root, err := r.readTree(commit.TreeHash, sub)
	if err != nil {
		return nil, err
	}
	if root == nil {
		root = &object.Tree{}
	}
	return &tree{repo: r, dirs: map[string]*object.Tree{".": root}}, nil
}

// tree is one revision; what was read of it is kept.
type tree struct {
	repo *Repo
	dirs map[string]*object.Tree // guarded by repo.mu
}

func notExist(op, p string) error { return &fs.PathError{Op: op, Path: p, Err: fs.ErrNotExist} }

// dir reads a directory. Hold the lock.
func (t *tree) dir(p string) (*object.Tree, error) {
	if d, ok := t.dirs[p]; ok {
		return d, nil
	}
	e, err := t.entry(p)
	if err != nil {
		return nil, err
	}
	var d *object.Tree
	switch e.Mode {
	case filemode.Dir:
		if d, err = object.GetTree(t.repo.store, e.Hash); err != nil {
			return nil, t.absent(p, err)
		}
	case filemode.Submodule:
		d = &object.Tree{}
	default:
		return nil, &fs.PathError{Op: "open", Path: p, Err: errors.New("not a directory")}
	}
	t.dirs[p] = d
	return d, nil
}

// entry finds what p, not the root, is. Hold the lock.
func (t *tree) entry(p string) (*object.TreeEntry, error) {
	up, err := t.dir(path.Dir(p))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = notExist("open", p)
		}
		return nil, err
	}
	name := path.Base(p)
	for i := range up.Entries {
		if up.Entries[i].Name == name && safe(name) {
			return &up.Entries[i], nil
		}
	}
	return nil, notExist("open", p)
}

// safe refuses names that git would not check out: a crafted tree may hold
// them.
func safe(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.EqualFold(name, ".git") && !strings.ContainsAny(name, "/\x00")
}

// absent says that an object is not in the clone, as in a partial one.
func (t *tree) absent(p string, err error) error {
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return &Missing{What: fmt.Sprintf("%s: its content is not in this clone", p), Hint: "git fetch --refetch origin, without --filter", Err: err}
	}
	return err
}

func (t *tree) Lstat(p string) (fs.FileInfo, error) {
	t.repo.mu.Lock()
	defer t.repo.mu.Unlock()
	p = path.Clean(p)
	if p == "." {
		return info{name: ".", mode: fs.ModeDir | 0o755}, nil
	}
	e, err := t.entry(p)
	if err != nil {
		return nil, err
	}
	return t.info(p, e)
}

func (t *tree) info(p string, e *object.TreeEntry) (fs.FileInfo, error) {
	i := info{name: e.Name, mode: mode(e.Mode)}
	if !i.IsDir() {
		size, err := t.repo.store.EncodedObjectSize(e.Hash)
		if err != nil {
			return nil, t.absent(p, err)
		}
		i.size = size
	}
	return i, nil
}

func mode(m filemode.FileMode) fs.FileMode {
	switch m {
	case filemode.Dir, filemode.Submodule:
		return fs.ModeDir | 0o755
	case filemode.Symlink:
		return fs.ModeSymlink | 0o777
	case filemode.Executable:
		return 0o755
	}
	return 0o644
}

func (t *tree) ReadDir(p string) ([]fs.DirEntry, error) {
	t.repo.mu.Lock()
	defer t.repo.mu.Unlock()
	d, err := t.dir(path.Clean(p))
	if err != nil {
		return nil, err
	}
	var out []fs.DirEntry
	for i := range d.Entries {
		if e := &d.Entries[i]; safe(e.Name) {
			out = append(out, dirEntry{t, path.Join(p, e.Name), e})
		}
	}
	return out, nil
}

func (t *tree) Open(p string) (io.ReadCloser, error) {
	data, err := t.blob(path.Clean(p), false, source.DefaultMaxFile*8)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func (t *tree) Readlink(p string) (string, error) {
	data, err := t.blob(path.Clean(p), true, maxLink)
	return string(data), err
}

// blob reads a whole file: go-git reads packed objects whole anyway.
func (t *tree) blob(p string, link bool, limit int64) ([]byte, error) {
	t.repo.mu.Lock()
	defer t.repo.mu.Unlock()
	e, err := t.entry(p)
	if err != nil {
		return nil, err
	}
	if m := mode(e.Mode); m.IsDir() || (m&fs.ModeSymlink != 0) != link {
		return nil, &fs.PathError{Op: "read", Path: p, Err: fs.ErrInvalid}
	}
	return t.repo.blob(p, e.Hash, limit)
}

// Blob reads a file's content by its hash, as Changes gives it; p is its path,
// for errors. Content over limit bytes fails with source.ErrTooLarge.
func (r *Repo) Blob(p, hash string, limit int64) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.blob(p, plumbing.NewHash(hash), limit)
}

func (r *Repo) blob(p string, h plumbing.Hash, limit int64) ([]byte, error) {
	t := &tree{repo: r}
	size, err := r.store.EncodedObjectSize(h)
	if err != nil {
		return nil, t.absent(p, err)
	}
	if size > limit {
		return nil, fmt.Errorf("%s: %w (%d bytes)", p, source.ErrTooLarge, size)
	}
	b, err := object.GetBlob(r.store, h)
	if err != nil {
		return nil, t.absent(p, err)
	}
	f, err := b.Reader()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, size+1))
	if err == nil && int64(len(data)) != size {
		err = fmt.Errorf("%s: object %s holds %d bytes where it says %d", p, h, len(data), size)
	}
	return data, err
}

// info is a file of a revision. git keeps no times.
type info struct {
	name string
	mode fs.FileMode
	size int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }

type dirEntry struct {
	tree *tree
	path string
	e    *object.TreeEntry
}

func (d dirEntry) Name() string               { return d.e.Name }
func (d dirEntry) IsDir() bool                { return mode(d.e.Mode).IsDir() }
func (d dirEntry) Type() fs.FileMode          { return mode(d.e.Mode).Type() }
func (d dirEntry) Info() (fs.FileInfo, error) { return d.tree.Lstat(d.path) }
