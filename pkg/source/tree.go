package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Tree is a file system that stands nowhere on disk, such as a revision of git.
// It follows no links; Repo does. Paths are as Repo's. Safe for concurrent use.
type Tree interface {
	Lstat(p string) (fs.FileInfo, error)
	ReadDir(p string) ([]fs.DirEntry, error)
	Open(p string) (io.ReadCloser, error)
	Readlink(p string) (string, error)
}

// OpenTree serves t as a repository, with OpenRepo's limit. dir is the
// directory that the tree would stand in, for Dir and Rel; nothing there is
// read.
func OpenTree(dir string, t Tree, maxFile int64) (*Repo, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	if maxFile <= 0 {
		maxFile = DefaultMaxFile
	}
	return &Repo{root: linked{t}, raw: t, abs: abs, max: maxFile}, nil
}

// files is what a Repo reads. Open and Stat follow links inside the root.
type files interface {
	Tree
	Stat(p string) (fs.FileInfo, error)
	Close() error
}

// disk is a directory, confined by os.Root.
type disk struct{ root *os.Root }

func (d disk) Open(p string) (io.ReadCloser, error) { return d.root.Open(filepath.FromSlash(p)) }
func (d disk) Stat(p string) (fs.FileInfo, error)   { return d.root.Stat(filepath.FromSlash(p)) }
func (d disk) Lstat(p string) (fs.FileInfo, error)  { return d.root.Lstat(filepath.FromSlash(p)) }
func (d disk) Readlink(p string) (string, error)    { return d.root.Readlink(filepath.FromSlash(p)) }
func (d disk) Close() error                         { return d.root.Close() }
func (d disk) ReadDir(p string) ([]fs.DirEntry, error) {
	f, err := d.root.Open(filepath.FromSlash(p))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// linked follows the links of a Tree, as os.Root follows those of a directory.
type linked struct{ raw Tree }

func (l linked) Open(p string) (io.ReadCloser, error) {
	p, err := resolve(l.raw, p)
	if err != nil {
		return nil, err
	}
	return l.raw.Open(p)
}

func (l linked) Stat(p string) (fs.FileInfo, error) {
	p, err := resolve(l.raw, p)
	if err != nil {
		return nil, err
	}
	return l.raw.Lstat(p)
}

func (l linked) ReadDir(p string) ([]fs.DirEntry, error) {
	p, err := resolve(l.raw, p)
	if err != nil {
		return nil, err
	}
	return l.raw.ReadDir(p)
}

// Lstat and Readlink follow the links on the way, as the kernel does.
func (l linked) Lstat(p string) (fs.FileInfo, error) {
	p, err := l.below(p)
	if err != nil {
		return nil, err
	}
	return l.raw.Lstat(p)
}

func (l linked) Readlink(p string) (string, error) {
	p, err := l.below(p)
	if err != nil {
		return "", err
	}
	return l.raw.Readlink(p)
}

// below resolves all but the last element of p.
func (l linked) below(p string) (string, error) {
	p = path.Clean(p)
	if p == "." || p == ".." {
		return resolve(l.raw, p)
	}
	dir, err := resolve(l.raw, path.Dir(p))
	if err != nil {
		return "", err
	}
	return path.Join(dir, path.Base(p)), nil
}

func (l linked) Close() error {
	if c, ok := l.raw.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// maxLinks is how many symbolic links resolve follows, as the kernel does.
const maxLinks = 40

// resolve follows the symbolic links of p, its last element's too, and gives
// the path that it stands for. A link that leads out of t, or is absolute,
// fails with ErrOutside.
func resolve(t Tree, p string) (string, error) {
	if path.IsAbs(p) {
		return "", fmt.Errorf("%s: %w", p, ErrOutside)
	}
	todo := strings.Split(path.Clean(p), "/")
	done, links := ".", 0
	for len(todo) > 0 {
		next := path.Join(done, todo[0])
		todo = todo[1:]
		if next == ".." || strings.HasPrefix(next, "../") || path.IsAbs(next) {
			return "", fmt.Errorf("%s: %w", p, ErrOutside)
		}
		info, err := t.Lstat(next)
		if err != nil {
			return "", confine(err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", &fs.PathError{Op: "resolve", Path: p, Err: errors.New("too many symbolic links")}
		}
		to, err := t.Readlink(next)
		if err != nil {
			return "", confine(err)
		}
		if filepath.IsAbs(to) || path.IsAbs(to) {
			return "", fmt.Errorf("%s: %w", p, ErrOutside)
		}
		todo = append(strings.Split(path.Clean(filepath.ToSlash(to)), "/"), todo...)
	}
	return done, nil
}

// With is the repository as it would be with other bytes in some of its files,
// by path. Nothing is written; Close closes nothing.
func (r *Repo) With(files map[string][]byte) (*Repo, error) {
	o := overlay{r.raw, map[string][]byte{}}
	for p, data := range files {
		real, err := r.Resolve(p)
		if err != nil {
			return nil, err
		}
		o.files[real] = data
	}
	return &Repo{root: linked{o}, raw: o, abs: r.abs, max: r.max}, nil
}

// overlay has other bytes in some regular files of a Tree.
type overlay struct {
	Tree
	files map[string][]byte
}

func (o overlay) Open(p string) (io.ReadCloser, error) {
	if data, ok := o.files[path.Clean(p)]; ok {
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	return o.Tree.Open(p)
}

func (o overlay) Lstat(p string) (fs.FileInfo, error) {
	info, err := o.Tree.Lstat(p)
	if data, ok := o.files[path.Clean(p)]; ok && err == nil {
		return resized{info, int64(len(data))}, nil
	}
	return info, err
}

type resized struct {
	fs.FileInfo
	size int64
}

func (r resized) Size() int64 { return r.size }
