// Package git reads other revisions of the repository: go-git's object store
// and nothing above it, so that no program of a hook, filter or textconv runs,
// no index is touched, and no transport is linked in. A revision is served as a
// source.Tree without a checkout.
package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// ErrNone says that a directory is in no git working tree.
var ErrNone = errors.New("not in a git working tree")

// Missing says that a revision, or history that is needed to find it, is not in
// the clone.
type Missing struct {
	What string
	// Hint is the command that fetches it.
	Hint string
	Err  error
}

func (m *Missing) Error() string { return m.What }

// Unwrap gives the cause.
func (m *Missing) Unwrap() error { return m.Err }

// Repo is the object store of a git repository. Safe for concurrent use.
type Repo struct {
	// Dirs are the directories that are read, besides the working tree.
	Dirs []string
	// Top is the absolute path of the working tree.
	Top string

	mu    sync.Mutex // go-git's store keeps caches of its own
	store *filesystem.Storage
}

// Commit is one revision.
type Commit struct {
	// Hash in hexadecimal, in full.
	Hash string
	// Parents are the hashes of the commits that it follows, the first first.
	Parents []string
}

// Open opens the repository of the working tree that dir is in. The error is
// ErrNone if there is none.
func Open(dir string) (*Repo, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil, err
	}
	for {
		if _, err := os.Lstat(filepath.Join(abs, ".git")); err == nil {
			break
		}
		up := filepath.Dir(abs)
		if up == abs {
			return nil, fmt.Errorf("%s: %w", dir, ErrNone)
		}
		abs = up
	}
	files, dirs, err := gitDir(filepath.Join(abs, ".git"))
	if err != nil {
		return nil, err
	}
	store := filesystem.NewStorageWithOptions(files, cache.NewObjectLRU(64*cache.MiByte), filesystem.Options{
		ExclusiveAccess: true, AlternatesFS: osfs.New("/", osfs.WithBoundOS()),
	})
	return &Repo{Top: abs, Dirs: append(dirs, alternates(dirs)...), store: store}, nil
}

// gitDir opens git's own directory. In a linked working tree, and in a
// submodule, ".git" is a file that names it; what all working trees share then
// stands elsewhere.
func gitDir(p string) (files billy.Filesystem, dirs []string, err error) {
	info, err := os.Stat(p)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return osfs.New(p), []string{p}, nil
	}
	data, err := os.ReadFile(p)
	if err != nil {
		return nil, nil, err
	}
	dir, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "gitdir: ")
	if !ok {
		return nil, nil, fmt.Errorf("%s: neither a directory nor a file that names one", p)
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(filepath.Dir(p), dir)
	}
	data, err = os.ReadFile(filepath.Join(dir, "commondir"))
	if errors.Is(err, fs.ErrNotExist) {
		return osfs.New(dir), []string{dir}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	common := strings.TrimSpace(string(data))
	if !filepath.IsAbs(common) {
		common = filepath.Join(dir, common)
	}
	return dotgit.NewRepositoryFilesystem(osfs.New(dir), osfs.New(common)), []string{dir, common}, nil
}

// alternates are the directories of objects that git's directories borrow from.
func alternates(dirs []string) []string {
	var out []string
	for _, d := range dirs {
		objects := filepath.Join(d, "objects")
		data, err := os.ReadFile(filepath.Join(objects, "info", "alternates"))
		if err != nil {
			continue // none
		}
		for line := range strings.Lines(string(data)) {
			p := strings.TrimSpace(line)
			if p == "" || strings.HasPrefix(p, "#") {
				continue
			}
			if !filepath.IsAbs(p) {
				p = filepath.Join(objects, p)
			}
			out = append(out, p)
		}
	}
	return out
}

// Close releases files.
func (r *Repo) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.store.Close()
}

var (
	fullHash  = regexp.MustCompile(`^[0-9a-f]{40}$`)
	shortHash = regexp.MustCompile(`^[0-9a-f]{4,39}$`)
	suffix    = regexp.MustCompile(`^(.*?)((?:~\d*|\^\d*)*)$`)
	step      = regexp.MustCompile(`[~^]\d*`)
)

// Resolve finds the commit that rev names: a branch, a remote's branch, a tag,
// HEAD, a hash of at least four digits, each with any of ~N and ^N behind it.
// The error is a *Missing where a fetch may help.
func (r *Repo) Resolve(rev string) (Commit, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := suffix.FindStringSubmatch(rev)
	if m == nil || m[1] == "" || strings.HasPrefix(rev, "-") || strings.ContainsAny(m[1], " ~^:?*[\\@{") && m[1] != "@" {
		return Commit{}, fmt.Errorf("%q is not the name of a revision: want a branch, a tag or a commit, such as origin/main or HEAD~1", rev)
	}
	c, err := r.named(m[1])
	if err != nil {
		return Commit{}, err
	}
	for _, s := range step.FindAllString(m[2], -1) {
		n := 1
		if len(s) > 1 {
			if n, err = strconv.Atoi(s[1:]); err != nil {
				return Commit{}, fmt.Errorf("%q: %s is too far", rev, s)
			}
		}
		which, times := 0, n
		if s[0] == '^' {
			which, times = n-1, min(n, 1)
		}
		for ; times > 0; times-- {
			if which >= len(c.ParentHashes) {
				return Commit{}, r.missing(fmt.Sprintf("%q: commit %.12s has no parent %d", rev, c.Hash, which+1), nil)
			}
			if c, err = r.commit(c.ParentHashes[which]); err != nil {
				return Commit{}, err
			}
		}
	}
	return asCommit(c), nil
}

func (r *Repo) named(name string) (*object.Commit, error) {
	if name == "@" {
		name = "HEAD"
	}
	if fullHash.MatchString(name) {
		return r.commit(plumbing.NewHash(name))
	}
	for _, rule := range plumbing.RefRevParseRules {
		ref, err := storer.ResolveReference(r.store, plumbing.ReferenceName(fmt.Sprintf(rule, name)))
		if err == nil {
			return r.commit(ref.Hash())
		}
	}
	if shortHash.MatchString(name) {
		return r.short(name)
	}
	hint := "git fetch origin " + name
	if branch, ok := strings.CutPrefix(name, "origin/"); ok {
		hint = fmt.Sprintf("git fetch origin %s:refs/remotes/origin/%s", branch, branch)
	}
	msg := fmt.Sprintf("revision %q is not in this clone", name)
	if name == "HEAD" {
		return nil, errors.New("the repository has no commit yet")
	}
	if _, err := storer.ResolveReference(r.store, plumbing.ReferenceName("refs/remotes/origin/"+name)); err == nil {
		return nil, &Missing{What: msg, Hint: fmt.Sprintf("name it origin/%s", name)}
	}
	return nil, &Missing{What: msg, Hint: hint}
}

func (r *Repo) short(name string) (*object.Commit, error) {
	even := name[:len(name)&^1]
	var prefix []byte
	for i := 0; i < len(even); i += 2 {
		b, err := strconv.ParseUint(even[i:i+2], 16, 8)
		if err != nil {
			return nil, err
		}
		prefix = append(prefix, byte(b))
	}
	hashes, err := r.store.HashesWithPrefix(prefix)
	if err != nil {
		return nil, err
	}
	var found []*object.Commit
	seen := map[plumbing.Hash]bool{}
	for _, h := range hashes {
		if !strings.HasPrefix(h.String(), name) || seen[h] {
			continue
		}
		seen[h] = true
		if c, err := object.GetCommit(r.store, h); err == nil {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return nil, r.missing(fmt.Sprintf("no commit in this clone starts with %q", name), plumbing.ErrObjectNotFound)
	case 1:
		return found[0], nil
	}
	return nil, fmt.Errorf("%d commits start with %q: give more digits", len(found), name)
}

// commit reads a commit, through annotated tags.
func (r *Repo) commit(h plumbing.Hash) (*object.Commit, error) {
	for range 10 {
		tag, err := object.GetTag(r.store, h)
		if err != nil {
			break
		}
		h = tag.Target
	}
	c, err := object.GetCommit(r.store, h)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, r.missing(fmt.Sprintf("commit %s is not in this clone", h), err)
	}
	return c, err
}

func asCommit(c *object.Commit) Commit {
	out := Commit{Hash: c.Hash.String()}
	for _, p := range c.ParentHashes {
		out.Parents = append(out.Parents, p.String())
	}
	return out
}

// Shallow reports whether the clone's history is cut, as CI systems do.
func (r *Repo) Shallow() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shallow()
}

func (r *Repo) shallow() bool {
	cut, err := r.store.Shallow()
	return err == nil && len(cut) > 0
}

// missing is a *Missing whose hint fits the clone.
func (r *Repo) missing(what string, err error) error {
	if r.shallow() {
		return &Missing{What: what + ": the clone is shallow", Hint: "git fetch --unshallow origin (in CI: GIT_DEPTH: 0 for GitLab, fetch-depth: 0 for actions/checkout)", Err: err}
	}
	return &Missing{What: what, Hint: "git fetch origin", Err: err}
}

// MergeBase finds the commit where the histories of a and b part. The error is
// a *Missing if the clone's history does not reach there.
func (r *Repo) MergeBase(a, b Commit) (Commit, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ca, err := r.commit(plumbing.NewHash(a.Hash))
	if err != nil {
		return Commit{}, err
	}
	cb, err := r.commit(plumbing.NewHash(b.Hash))
	if err != nil {
		return Commit{}, err
	}
	bases, err := ca.MergeBase(cb)
	what := fmt.Sprintf("where %.12s and %.12s part is not in this clone", a.Hash, b.Hash)
	switch {
	case errors.Is(err, plumbing.ErrObjectNotFound):
		return Commit{}, r.missing(what, err)
	case err != nil:
		return Commit{}, fmt.Errorf("finding where %.12s and %.12s part: %w", a.Hash, b.Hash, err)
	case len(bases) > 0:
		return asCommit(bases[0]), nil
	case r.shallow():
		return Commit{}, r.missing(what, nil)
	}
	return Commit{}, fmt.Errorf("%.12s and %.12s share no history", a.Hash, b.Hash)
}

// Change is a file that differs between two revisions.
type Change struct {
	Path string // relative to the directory asked about
	// Before and After are the hashes of the contents, "" where the file is
	// not there.
	Before, After string
}

// Changes lists the files below the directory dir of the working tree (an
// absolute path) that differ between two commits, sorted; from's zero value is
// the empty revision. A moved file is two changes.
func (r *Repo) Changes(ctx context.Context, from, to Commit, dir string) ([]Change, error) {
	sub, err := r.sub(dir)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var trees [2]*object.Tree
	for i, c := range []Commit{from, to} {
		if c.Hash == "" {
			continue
		}
		commit, err := r.commit(plumbing.NewHash(c.Hash))
		if err != nil {
			return nil, err
		}
		if trees[i], err = r.readTree(commit.TreeHash, sub); err != nil {
			return nil, err
		}
	}
	diff, err := object.DiffTreeContext(ctx, trees[0], trees[1])
	if err != nil {
		return nil, fmt.Errorf("comparing %.12s with %.12s: %w", from.Hash, to.Hash, err)
	}
	var out []Change
	for _, d := range diff {
		if d.From.TreeEntry.Mode == filemode.Submodule || d.To.TreeEntry.Mode == filemode.Submodule {
			continue // the content is another repository's
		}
		c := Change{Path: d.To.Name}
		if c.Path == "" {
			c.Path = d.From.Name
		}
		if d.From.Name != "" {
			c.Before = d.From.TreeEntry.Hash.String()
		}
		if d.To.Name != "" {
			c.After = d.To.TreeEntry.Hash.String()
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// readTree reads the tree at sub below root, nil if there is no directory.
func (r *Repo) readTree(root plumbing.Hash, sub string) (*object.Tree, error) {
	t, err := object.GetTree(r.store, root)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, r.missing(fmt.Sprintf("tree %s is not in this clone", root), err)
	}
	if err != nil || sub == "." {
		return t, err
	}
	t, err = t.Tree(sub)
	if errors.Is(err, object.ErrDirectoryNotFound) || errors.Is(err, object.ErrEntryNotFound) {
		return nil, nil
	}
	return t, err
}

// sub is a directory relative to the top, in git's form.
func (r *Repo) sub(dir string) (string, error) {
	rel, err := filepath.Rel(r.Top, dir)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf("%s: not below %s: %w", dir, r.Top, source.ErrOutside)
	}
	return path.Clean(filepath.ToSlash(rel)), nil
}
