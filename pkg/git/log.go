package git

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Entry is a commit with who made it when.
type Entry struct {
	Commit
	// Author is "Name <address>", as the commit says.
	Author string
	// Date is the author's, RFC 3339 in UTC.
	Date string
}

// Log lists the commits that head reaches and base does not, parents before
// children; base's zero value is the empty history. The error is a *Missing if
// the clone's history does not hold them all.
func (r *Repo) Log(ctx context.Context, base, head Commit) ([]Entry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := map[plumbing.Hash]bool{}
	if base.Hash != "" {
		// What is missing of base's history can only be reached from head
		// through commits that are missing too, which is an error below.
		if err := r.visit(ctx, base.Hash, known, func(*object.Commit) {}, true); err != nil {
			return nil, err
		}
	}
	var out []Entry
	err := r.visit(ctx, head.Hash, known, func(c *object.Commit) {
		out = append(out, Entry{
			Commit: asCommit(c),
			Author: fmt.Sprintf("%s <%s>", c.Author.Name, c.Author.Email),
			Date:   c.Author.When.UTC().Format(time.RFC3339),
		})
	}, false)
	return out, err
}

// visit walks from a commit to its ancestors that are not known yet, and calls
// fn after all parents of a commit were visited. Hold the lock.
func (r *Repo) visit(ctx context.Context, from string, known map[plumbing.Hash]bool, fn func(*object.Commit), gaps bool) error {
	type step struct {
		hash   plumbing.Hash
		commit *object.Commit // set once its parents are visited
	}
	stack := []step{{hash: plumbing.NewHash(from)}}
	for len(stack) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if top.commit != nil {
			fn(top.commit)
			continue
		}
		if known[top.hash] {
			continue
		}
		known[top.hash] = true
		c, err := r.commit(top.hash)
		if err != nil {
			var m *Missing
			if gaps && errors.As(err, &m) {
				continue
			}
			return err
		}
		stack = append(stack, step{commit: c})
		for i := len(c.ParentHashes) - 1; i >= 0; i-- {
			stack = append(stack, step{hash: c.ParentHashes[i]})
		}
	}
	return nil
}

// Introduced lists the files below dir that the commit itself wrote: those that
// differ from every parent's. Before holds the content of each parent, "" where
// the file is not there.
func (r *Repo) Introduced(ctx context.Context, c Commit, dir string) ([]Written, error) {
	parents := c.Parents
	if len(parents) == 0 {
		parents = []string{""}
	}
	var out []Written
	for i, p := range parents {
		changes, err := r.Changes(ctx, Commit{Hash: p}, c, dir)
		if err != nil {
			return nil, err
		}
		byPath := map[string]Change{}
		for _, ch := range changes {
			if ch.After == "" {
				continue
			}
			byPath[ch.Path] = ch
			if i == 0 {
				out = append(out, Written{Path: ch.Path, Content: ch.After})
			}
		}
		n := 0
		for _, w := range out {
			if ch, ok := byPath[w.Path]; ok {
				w.Before = append(w.Before, ch.Before)
				out[n] = w
				n++
			}
		}
		out = out[:n]
	}
	return out, nil
}

// Written is a file as a commit wrote it.
type Written struct {
	Path    string
	Content string // its hash, for Blob
	Before  []string
}
