package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// DefaultMaxFile is the size in bytes above which a file is refused: larger
// YAML is data, not configuration, and costs memory that a hostile change
// could spend for us.
const DefaultMaxFile = 20 << 20

// ErrTooLarge says that a file is larger than the repository's limit.
var ErrTooLarge = errors.New("file is too large")

// ErrOutside says that a path leads out of the repository.
var ErrOutside = errors.New("path leads out of the repository")

// Repo is the confined view of the repository: every read of a scanned file
// goes through it, and none leaves its root, whatever symbolic links or ".."
// say (os.Root sees to that in the kernel's own terms). Paths are
// repository-relative with '/'; "." is the root. Safe for concurrent use.
type Repo struct {
	root files
	raw  Tree // the same, for resolve
	abs  string
	max  int64
	// reads are where what is asked is noted.
	reads []*Reads
}

// OpenRepo opens the directory dir as a repository. Files over maxFile bytes
// (0: DefaultMaxFile) are refused with ErrTooLarge.
func OpenRepo(dir string, maxFile int64) (*Repo, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, err
	}
	if maxFile <= 0 {
		maxFile = DefaultMaxFile
	}
	return &Repo{root: disk{root}, raw: disk{root}, abs: abs, max: maxFile}, nil
}

// Close releases the root's handle.
func (r *Repo) Close() error { return r.root.Close() }

// Dir is the absolute path of the root, for messages only.
func (r *Repo) Dir() string { return r.abs }

// Limit is the size in bytes above which files are refused.
func (r *Repo) Limit() int64 { return r.max }

// Rel turns a path as the user wrote it, relative to the working directory or
// absolute, into a repository path. It fails with ErrOutside if p is not below
// the root.
func (r *Repo) Rel(p string) (string, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	rel, err := filepath.Rel(r.abs, abs)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf("%s: %w %s", p, ErrOutside, r.abs)
	}
	return filepath.ToSlash(rel), nil
}

// Join cleans p relative to the directory dir, and fails with ErrOutside if
// the result leaves the repository or p is absolute.
func (r *Repo) Join(dir, p string) (string, error) {
	if path.IsAbs(p) || filepath.IsAbs(p) {
		return "", fmt.Errorf("%s: %w", p, ErrOutside)
	}
	j := path.Join(dir, filepath.ToSlash(p))
	if j == ".." || strings.HasPrefix(j, "../") {
		return "", fmt.Errorf("%s: %w", p, ErrOutside)
	}
	return j, nil
}

// ReadFile returns the bytes of a regular file.
func (r *Repo) ReadFile(p string) ([]byte, error) {
	data, err := r.readFile(p)
	r.note("read", p, func() Sum { return sumBytes(data, err) })
	return data, err
}

func (r *Repo) readFile(p string) ([]byte, error) {
	// Stat first: opening a FIFO would block.
	info, err := r.stat(p)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: p, Err: errors.New("not a regular file")}
	}
	if info.Size() > r.max {
		return nil, tooLarge(p, r.max)
	}
	f, err := r.root.Open(p)
	if err != nil {
		return nil, confine(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, r.max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > r.max {
		return nil, tooLarge(p, r.max)
	}
	return data, nil
}

// Replace writes data in place of a file that holds was, at once and with the
// mode that it has. Links are followed inside the repository; nothing outside
// is ever written.
func (r *Repo) Replace(p string, was, data []byte) error {
	d, ok := r.raw.(disk)
	if !ok {
		return &fs.PathError{Op: "write", Path: p, Err: errors.New("this view of the repository is read-only")}
	}
	real, err := r.Resolve(p)
	if err != nil {
		return err
	}
	now, err := r.ReadFile(real)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, was) {
		return &fs.PathError{Op: "write", Path: p, Err: errors.New("it was changed meanwhile")}
	}
	info, err := d.Stat(real)
	if err != nil {
		return confine(err)
	}
	name := filepath.FromSlash(real)
	beside := name + ".kustoms-tmp"
	f, err := d.root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return confine(err)
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = d.root.Chmod(beside, info.Mode().Perm())
	}
	if err == nil {
		err = d.root.Rename(beside, name)
	}
	if err != nil {
		d.root.Remove(beside)
	}
	return err
}

// Head returns the first n bytes of a regular file, or all of a shorter one.
// The limit on sizes does not apply.
func (r *Repo) Head(p string, n int) ([]byte, error) {
	data, err := r.head(p, n)
	r.note(fmt.Sprintf("head %d", n), p, func() Sum { return sumBytes(data, err) })
	return data, err
}

func (r *Repo) head(p string, n int) ([]byte, error) {
	info, err := r.stat(p)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: p, Err: errors.New("not a regular file")}
	}
	f, err := r.root.Open(p)
	if err != nil {
		return nil, confine(err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(n)))
}

func tooLarge(p string, limit int64) error {
	return fmt.Errorf("%s: %w (limit %d MB; raise it with --max-file-size)", p, ErrTooLarge, limit>>20)
}

// Stat follows symbolic links inside the repository.
func (r *Repo) Stat(p string) (fs.FileInfo, error) {
	info, err := r.stat(p)
	r.note("stat", p, func() Sum { return sumInfo(info, err) })
	return info, err
}

func (r *Repo) stat(p string) (fs.FileInfo, error) {
	info, err := r.root.Stat(p)
	return info, confine(err)
}

// Lstat does not follow symbolic links.
func (r *Repo) Lstat(p string) (fs.FileInfo, error) {
	info, err := r.root.Lstat(p)
	err = confine(err)
	r.note("lstat", p, func() Sum { return sumInfo(info, err) })
	return info, err
}

// Exists reports whether p is there and inside the repository.
func (r *Repo) Exists(p string) bool { _, err := r.Stat(p); return err == nil }

// IsDir reports whether p is a directory, links followed.
func (r *Repo) IsDir(p string) bool { i, err := r.Stat(p); return err == nil && i.IsDir() }

// ReadDir lists a directory, sorted by name.
func (r *Repo) ReadDir(p string) ([]fs.DirEntry, error) {
	entries, err := r.root.ReadDir(p)
	err = confine(err)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	r.note("list", p, func() Sum { return sumEntries(entries, err) })
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// Resolve follows the symbolic links of p, its last element's too, and gives
// the path that it stands for. A link that leads out of the repository, or is
// absolute, fails with ErrOutside.
func (r *Repo) Resolve(p string) (string, error) {
	to, err := resolve(r.raw, p)
	r.note("resolve", p, func() Sum { return sumBytes([]byte(to), err) })
	return to, err
}

// Walk calls fn for each file and directory below dir in lexical order,
// without following symbolic links and without ".git". fn may return
// fs.SkipDir.
func (r *Repo) Walk(ctx context.Context, dir string, fn func(p string, d fs.DirEntry) error) error {
	entries, err := r.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, d := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if d.Name() == ".git" {
			continue
		}
		p := path.Join(dir, d.Name())
		err := fn(p, d)
		if d.IsDir() {
			if errors.Is(err, fs.SkipDir) {
				continue
			}
			if err == nil {
				err = r.Walk(ctx, p, fn)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// confine names os.Root's refusal in our own terms.
func confine(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) && strings.Contains(pe.Err.Error(), "escapes from parent") {
		return fmt.Errorf("%s: %w", filepath.ToSlash(pe.Path), ErrOutside)
	}
	return err
}
