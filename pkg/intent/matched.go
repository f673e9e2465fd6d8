package intent

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Rule is the rule that reports intents.
const Rule = "connectivity-intent-violated"

// List is the intents of a run, and which of their sides some target had. Safe
// for concurrent use; a nil list is empty.
type List struct {
	items []Intent
	mu    sync.Mutex
	seen  map[string]map[Seat]bool // by target
}

// Seat is a side of an intent: its index in the list; and 0 for from, 1 for to,
// what follows for exceptions.
type Seat [2]int

// NewList makes a list.
func NewList(items []Intent) *List { return &List{items: items, seen: map[string]map[Seat]bool{}} }

// Items lists the intents.
func (l *List) Items() []Intent {
	if l == nil {
		return nil
	}
	return l.items
}

// Saw records that sides of intents match something of a target.
func (l *List) Saw(target string, seats ...Seat) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[target] == nil {
		l.seen[target] = map[Seat]bool{}
	}
	for _, s := range seats {
		l.seen[target][s] = true
	}
}

// Seen are the sides that match something of a target, in order.
func (l *List) Seen(target string) []Seat {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.SortedFunc(maps.Keys(l.seen[target]), func(a, b Seat) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) })
}

// filled reports whether any target has a side.
func (l *List) filled(s Seat) bool {
	for _, t := range l.seen {
		if t[s] {
			return true
		}
	}
	return false
}

// Sides are the flow's sides in the order of Saw.
func (f *Flow) Sides() []Side { return append([]Side{f.From, f.To}, f.Except...) }

// Unmatched are findings about sides that no target had: such an intent was
// not verified, whatever its author believes.
func (l *List) Unmatched(severity result.Severity) []result.Finding {
	var out []result.Finding
	for i := range l.Items() {
		it := &l.items[i]
		_, f := it.Flow()
		for n, s := range f.Sides() {
			if !s.Parse().Pods() || l.filled(Seat{i, n}) {
				continue
			}
			out = append(out, result.Finding{
				Rule: Rule, Severity: severity,
				Message:     fmt.Sprintf("intent %d speaks of %q, which no workload of any target is: it is not verified", i+1, string(s)),
				Fix:         "correct the name or the labels, or delete the intent",
				Loc:         result.Location{Primary: it.At, Exact: true},
				Fingerprint: result.Fingerprint(Rule, result.Key{}, "intents", it.Key()+"\x00"+string(s)),
			})
		}
	}
	return out
}

// Key tells intents apart, wherever they stand.
func (i *Intent) Key() string {
	word, f := i.Flow()
	return fmt.Sprintf("%s %q %v", word, f.Sides(), f.Port)
}
