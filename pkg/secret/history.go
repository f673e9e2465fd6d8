package secret

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// History is the commits to look through.
type History struct {
	// Commits are in order, parents first.
	Commits []Commit
	// Files lists what a commit wrote.
	Files func(context.Context, Commit) ([]Version, error)
	// Read gives a content by its hash.
	Read func(path, hash string) ([]byte, error)
}

// Commit is one of the history.
type Commit struct {
	Hash, Author, Date string
	Parents            []string
}

// Version is a file as a commit wrote it. Content and Before, one a parent, are
// hashes; "" is no file.
type Version struct {
	Path, Content string
	Before        []string
}

// allowComment on a line has gitleaks accept what is found there.
const allowComment = "gitleaks:allow"

// written is a leak that a commit wrote down first.
type written struct {
	commit  Commit
	finding result.Finding
	// now says that the file still holds it.
	now bool
}

// past is what the history holds: by file, rule and value, in order.
type past struct {
	mu    sync.Mutex
	leaks map[string]*written
	order []*written
}

func pastKey(path string, l leak) string { return path + "\x00" + l.rule + "\x00" + string(l.value) }

// lookBack scans what the commits wrote: each distinct content once, and of it
// only the leaks that the file did not hold before.
func (a *Analyzer) lookBack(ctx context.Context, target string, sink *result.Sink) (*past, error) {
	p := &past{leaks: map[string]*written{}}
	h := a.opts.History
	if h == nil {
		return p, nil
	}
	fail := func(path string, err error) {
		sink.Stage(result.Stage{
			Name: a.Name(), Target: target, Status: result.Failed, At: source.LineSpan(path, 1),
			Reason: fmt.Sprintf("looking for secrets in the history: %v", err), Hint: "exclude the file if it is not yours to check",
		})
	}
	clean := map[string]bool{} // contents without any leak
	leaksOf := func(path, hash string) (string, []leak) {
		if hash == "" || clean[hash] {
			return "", nil
		}
		data, err := h.Read(path, hash)
		if err != nil {
			fail(path, err)
			clean[hash] = true // said once
			return "", nil
		}
		text := string(data)
		if isBinary(text) {
			text = ""
		}
		leaks, _ := a.leaksIn(path, text)
		if err := cut(leaks); err != nil {
			fail(path, err)
		}
		// What a path exempts, another path may not.
		if len(leaks) == 0 && len(a.matches(text)) == 0 {
			clean[hash] = true
		}
		return text, leaks
	}
	for _, c := range h.Commits {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if a.engine.commitAllowed(c.Hash) {
			continue
		}
		files, err := h.Files(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("reading commit %.12s: %w", c.Hash, err)
		}
		for _, v := range files {
			text, leaks := leaksOf(v.Path, v.Content)
			if len(leaks) == 0 {
				continue
			}
			before := map[string]bool{}
			for _, b := range v.Before {
				_, old := leaksOf(v.Path, b)
				for _, l := range old {
					before[pastKey(v.Path, l)] = true
				}
			}
			for i := range leaks {
				leaks[i].commit = c.Hash
			}
			for i, f := range findings(v.Path, text, leaks) {
				k := pastKey(v.Path, leaks[i])
				if before[k] || p.leaks[k] != nil {
					continue
				}
				// Comments of today's files are triage's; these are of old ones.
				if from, to := lineAround(text, leaks[i].start, leaks[i].end); strings.Contains(text[from:to], allowComment) {
					f.Suppressed = &result.Suppression{Kind: result.FormComment, Tool: "gitleaks", Reason: "no reason given", From: f.Loc.Primary}
				}
				w := &written{commit: c, finding: f}
				p.leaks[k] = w
				p.order = append(p.order, w)
			}
		}
	}
	return p, nil
}

// mark tells the finding about a leak that a file still holds who wrote it.
func (p *past) mark(f *result.Finding, l leak) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.leaks[pastKey(f.Loc.Primary.Path, l)]
	if w == nil {
		return
	}
	w.now = true
	f.Related = append(f.Related, result.Related{Location: result.Location{Primary: f.Loc.Primary, Exact: true}, Message: "written " + by(w.commit)})
}

func by(c Commit) string { return fmt.Sprintf("in commit %.12s by %s on %s", c.Hash, c.Author, c.Date) }

// gone makes the findings about leaks that only the history holds.
func (p *past) gone(target string) []result.Finding {
	var out []result.Finding
	for _, w := range p.order {
		if w.now {
			continue
		}
		f := w.finding
		f.Leak.Commit, f.Leak.Author, f.Leak.Date = w.commit.Hash, w.commit.Author, w.commit.Date
		f.Message, _, _ = strings.Cut(f.Message, ", so everyone")
		f.Message = strings.Replace(f.Message, " is written ", " was written ", 1) + " " + by(w.commit) + ": the file holds it no more, the history does"
		f.Fix = fix + " Rewriting the history helps nobody who has a clone."
		f.Loc.Exact = false // the line is the commit's
		f.Targets = []string{target}
		f.Fingerprint = result.Fingerprint(f.Rule, result.Key{}, f.Fingerprint, w.commit.Hash)
		out = append(out, f)
	}
	return out
}
