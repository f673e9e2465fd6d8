// Package fix tries changes of source text that mend findings. It renders and
// checks again with the changes in place, in memory, and keeps a change only if
// its findings are gone, no other appeared, and nothing else of what is
// deployed is different.
package fix

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/fix/edit"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Wishes gathers, while a run goes on, which fields its findings want to have
// which value, and the changes that may do so. Safe for concurrent use.
type Wishes struct {
	files   *edit.Files
	targets map[string]result.Target
	mu      sync.Mutex
	all     []wish
}

// wish is one finding of one target.
type wish struct {
	finding    result.Finding // Rule, Fingerprint, Object and Loc are used
	target     string
	effects    []effect
	candidates [][]edit.Change
}

// NewWishes gathers for the targets of a run over the repository.
func NewWishes(repo *source.Repo, targets []result.Target) *Wishes {
	w := &Wishes{files: edit.NewFiles(repo), targets: map[string]result.Target{}}
	for _, t := range targets {
		w.targets[t.Name] = t
	}
	return w
}

// Add is told of a finding that goes if the fields have the values.
func (w *Wishes) Add(f *result.Finding, wants []rule.Want) {
	var values []string
	t := w.targets[f.Targets[0]]
	if t.Helm != nil {
		values = t.Helm.ValueFiles
	}
	made := wish{finding: *f, target: t.Name}
	var also []edit.Change
	for i, want := range wants {
		made.effects = append(made.effects, newEffect(want.At, want.Value))
		changes := w.files.Propose(want.At, want.Value, values)
		switch {
		case i == 0:
			for _, c := range changes {
				made.candidates = append(made.candidates, []edit.Change{c})
			}
		case len(changes) == 0:
			made.candidates = nil
		default:
			also = append(also, changes[0])
		}
	}
	for i := range made.candidates {
		made.candidates[i] = append(made.candidates[i], also...)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, made)
}

// Outcome is what became of the wishes.
type Outcome struct {
	// Files are the changed files' bytes.
	Files map[string][]byte
	// Mended are the fingerprints of findings that are gone.
	Mended map[string]bool
	// Edits are, by fingerprint, the changes that mended a finding, each as it
	// would be alone.
	Edits map[string][]result.Edit
	// Left says, for each finding that has a wanted value and stays, why.
	Left map[string]Reason
	// Renders is how many targets were rendered for trials.
	Renders int
}

// Reason says why a finding could not be mended.
type Reason string

// The reasons.
const (
	NoPlace  Reason = "no literal text in the repository makes the field"
	Harmful  Reason = "the change did not mend it, or changed something else"
	NotTried Reason = "not tried: there were too many changes that had to be taken back"
)

// Trial is how changes are tried.
type Trial struct {
	Repo *source.Repo
	Run  *scan.Run // that found the findings
	// Over is the same run over another view of the repository.
	Over func(*source.Repo) *scan.Run
	// Analyzers are those whose findings count.
	Analyzers []scan.Analyzer
}

// What may be rendered, in targets: so many, and so often all.
const (
	minRenders = 400
	maxRounds  = 12
)

// Do tries the changes that the findings want. skip leaves a finding out, by
// fingerprint. The error is ctx's.
func (t *Trial) Do(ctx context.Context, w *Wishes, skip func(fingerprint string) bool) (*Outcome, error) {
	out := &Outcome{Files: map[string][]byte{}, Mended: map[string]bool{}, Edits: map[string][]result.Edit{}, Left: map[string]Reason{}}
	s := &search{Trial: t, ctx: ctx, files: w.files, before: map[string]*state{}, all: max(minRenders, maxRounds*len(t.Run.Targets))}
	wishes := slices.DeleteFunc(slices.Clone(w.all), func(x wish) bool { return skip(x.finding.Fingerprint) })
	slices.SortFunc(wishes, func(a, b wish) int {
		return cmp.Or(strings.Compare(a.target, b.target), strings.Compare(a.finding.Rule, b.finding.Rule), strings.Compare(a.finding.Fingerprint, b.finding.Fingerprint), strings.Compare(a.effects[0].path, b.effects[0].path))
	})
	// A wish whose likeliest change does not do is tried with the next one.
	left := wishes
	for n := 0; len(left) > 0; n++ {
		var units []*unit
		var next []wish
		by := map[string]*unit{}
		for _, x := range left {
			if n >= len(x.candidates) {
				if out.Left[x.finding.Fingerprint] == "" {
					out.Left[x.finding.Fingerprint] = NoPlace
				}
				continue
			}
			key := fmt.Sprint(x.candidates[n])
			u := by[key]
			if u == nil {
				u = &unit{changes: x.candidates[n]}
				by[key] = u
				units = append(units, u)
			}
			u.wishes = append(u.wishes, x)
		}
		var rejected, untried []*unit
		for _, group := range apart(units) {
			r, u := s.try(group, nil)
			rejected, untried = append(rejected, r...), append(untried, u...)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, u := range rejected {
			for _, x := range u.wishes {
				out.Left[x.finding.Fingerprint] = Harmful
			}
			next = append(next, u.wishes...)
		}
		for _, u := range untried {
			for _, x := range u.wishes {
				out.Left[x.finding.Fingerprint] = NotTried
			}
		}
		left = next
	}
	// All that is kept, in every target: one may read a file of another.
	s.whole = true
	if bad := s.suffer(nil); len(bad) > 0 {
		kept := s.kept
		s.kept = nil
		rejected, untried := s.try(kept, bad)
		for _, u := range append(rejected, untried...) {
			for _, x := range u.wishes {
				out.Left[x.finding.Fingerprint] = Harmful
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, u := range s.kept {
		for _, x := range u.wishes {
			fp := x.finding.Fingerprint
			out.Mended[fp] = true
			for _, c := range u.changes {
				for _, e := range c.Edits(w.files.Lines(c.Path)) {
					if !slices.Contains(out.Edits[fp], e) {
						out.Edits[fp] = append(out.Edits[fp], e)
					}
				}
			}
		}
	}
	for fp := range out.Mended {
		if out.Left[fp] != "" { // mended in one target, and not in another
			delete(out.Mended, fp)
			delete(out.Edits, fp)
		}
	}
	files, err := s.apply(s.kept)
	if err != nil {
		return nil, err
	}
	out.Files, out.Renders = files, s.renders
	return out, nil
}
