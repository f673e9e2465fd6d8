package source

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Look is a question that was asked of a repository: what was done, and with
// which path. Op is one of Repo's methods, or a name of somebody else's for
// what stands outside, whose path may be any text.
type Look struct{ Op, Path string }

// Sum is the digest of an answer.
type Sum = [sha256.Size]byte

// Reads is all that somebody asked of a repository and of what stands outside,
// with the digests of the answers: as long as these stay, so does whatever was
// worked out of them. The zero value is empty. Safe for concurrent use.
type Reads struct {
	mu    sync.Mutex
	own   map[Look]Sum
	parts []*Reads
}

// Note adds a look and the digest of its answer. The first answer stays.
func (r *Reads) Note(l Look, answer Sum) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.own == nil {
		r.own = map[Look]Sum{}
	}
	if _, ok := r.own[l]; !ok {
		r.own[l] = answer
	}
}

// Join adds all that was asked for a part. What is added to the part later
// counts, too.
func (r *Reads) Join(part *Reads) {
	if part == nil || part == r {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.parts, part) {
		r.parts = append(r.parts, part)
	}
}

// All are the looks and answers of r and its parts.
func (r *Reads) All() map[Look]Sum {
	out := map[Look]Sum{}
	r.into(out, map[*Reads]bool{})
	return out
}

func (r *Reads) into(out map[Look]Sum, done map[*Reads]bool) {
	if done[r] {
		return
	}
	done[r] = true
	r.mu.Lock()
	maps.Copy(out, r.own)
	parts := slices.Clone(r.parts)
	r.mu.Unlock()
	for _, p := range parts {
		p.into(out, done)
	}
}

type readsKey struct{}

// Watch has what is asked of Repo.In(ctx) noted in reads.
func Watch(ctx context.Context, reads *Reads) context.Context {
	return context.WithValue(ctx, readsKey{}, reads)
}

// Watching is the Reads of Watch, nil for none.
func Watching(ctx context.Context) *Reads {
	r, _ := ctx.Value(readsKey{}).(*Reads)
	return r
}

// In is the repository as the work of ctx sees it: what is asked of it is
// noted where Watch says, beside where r notes it.
func (r *Repo) In(ctx context.Context) *Repo { return r.Noting(Watching(ctx)) }

// Noting is the repository with what is asked of it noted in reads, too.
func (r *Repo) Noting(reads *Reads) *Repo {
	if reads == nil || slices.Contains(r.reads, reads) {
		return r
	}
	out := *r
	out.reads = append(slices.Clip(r.reads), reads)
	return &out
}

// Joined notes all that was asked for a part which is at hand already.
func (r *Repo) Joined(part *Reads) {
	for _, to := range r.reads {
		to.Join(part)
	}
}

func (r *Repo) note(op, p string, answer func() Sum) {
	if len(r.reads) == 0 {
		return
	}
	sum := answer()
	for _, to := range r.reads {
		to.Note(Look{op, p}, sum)
	}
}

// Again asks once more, for the digest of the answer. ok is false if the look
// is none of Repo's.
func (r *Repo) Again(l Look) (sum Sum, ok bool) {
	var now Reads
	again := r.Noting(&now)
	switch op, arg, _ := strings.Cut(l.Op, " "); op {
	case "read":
		_, _ = again.ReadFile(l.Path)
	case "head":
		var n int
		if _, err := fmt.Sscan(arg, &n); err != nil {
			return sum, false
		}
		_, _ = again.Head(l.Path, n)
	case "stat":
		_, _ = again.Stat(l.Path)
	case "lstat":
		_, _ = again.Lstat(l.Path)
	case "list":
		_, _ = again.ReadDir(l.Path)
	case "resolve":
		_, _ = again.Resolve(l.Path)
	}
	sum, ok = now.own[l]
	return sum, ok
}

func sumBytes(data []byte, err error) Sum {
	if err != nil {
		return sumError(err)
	}
	return sha256.Sum256(data)
}

// sumError tells errors apart by what callers can see of them.
func sumError(err error) Sum {
	text := err.Error()
	if errors.Is(err, fs.ErrNotExist) { // the path is in the look
		text = "none"
	}
	return sha256.Sum256([]byte("error " + text))
}

// sumInfo is about what kind of file it is and its size, which for directories
// is the file system's own affair; no caller goes by times or permissions.
func sumInfo(info fs.FileInfo, err error) Sum {
	if err != nil {
		return sumError(err)
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		size = 0
	}
	return sha256.Sum256(fmt.Appendf(nil, "%s %d", info.Mode().Type(), size))
}

func sumEntries(entries []fs.DirEntry, err error) Sum {
	if err != nil {
		return sumError(err)
	}
	var b []byte
	for _, e := range entries {
		b = fmt.Appendf(b, "%s %s\x00", e.Type(), e.Name())
	}
	return sha256.Sum256(b)
}
