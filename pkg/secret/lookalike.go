package secret

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// lookalikeRule lists what a rule matched and kustoms takes for no leak, so
// that nothing is left out unseen. It looks at files only.
var lookalikeRule = result.Rule{
	ID: "secret-lookalike", Family: "secret", Severity: result.Info, Off: true, Since: "0.2",
	Title: "Looks like a secret and is taken for none",
	Why:   "A rule matched, and the value is a placeholder, a documented sample, a reference, a checksum or encrypted. Switched on, this shows what would otherwise pass unseen.",
	Fix:   "nothing, if it is right; report it if it is not",
}

// remarks makes the findings about lookalikes that no leak covers, one a place.
func (a *Analyzer) remarks(path, text string, leaks []leak, none []lookalike) []result.Finding {
	var out []result.Finding
	var at []leak
	masked := slices.Clone(leaks)
	for _, n := range none {
		masked = append(masked, n.leak)
	}
	slices.SortFunc(masked, func(x, y leak) int { return x.start - y.start })
	for i, n := range none {
		covers := func(l leak) bool { return l.start <= n.start && n.start < max(l.end, l.start+1) }
		if slices.ContainsFunc(leaks, covers) || slices.ContainsFunc(at, covers) {
			continue
		}
		at = append(at, n.leak)
		span := spanOf(path, text, n.start, n.end)
		key := keyPath(text, n.start)
		out = append(out, result.Finding{
			Rule: lookalikeRule.ID, Severity: result.Info, Fix: lookalikeRule.Fix, Field: key,
			Message:     fmt.Sprintf("looks like a secret (%s) and is taken for none: %s", strings.ToLower(titleOf(n.rule)), n.reason),
			Loc:         result.Location{Primary: span, Exact: true},
			Excerpt:     excerpt(text, span, masked),
			Fingerprint: result.Fingerprint(lookalikeRule.ID, result.Key{}, path+"#"+key, fmt.Sprint(n.rule, i)),
		})
	}
	return out
}
