package intent

import (
	"fmt"
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
	seen  map[seat]bool
}

// seat is a side of an intent: from is 0, to 1, exceptions follow.
type seat struct{ intent, side int }

// NewList makes a list.
func NewList(items []Intent) *List { return &List{items: items, seen: map[seat]bool{}} }

// Items lists the intents.
func (l *List) Items() []Intent {
	if l == nil {
		return nil
	}
	return l.items
}

// Saw records that a side of an intent matches something.
func (l *List) Saw(intent, side int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[seat{intent, side}] = true
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
			if !s.Parse().Pods() || l.seen[seat{i, n}] {
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
