package discover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// distinct sorts the targets by name and makes the names unique. Of several
// with one name each takes in what tells it apart, so that a name never depends
// on an order; a number is the last resort.
func distinct(ts []result.Target) []result.Target {
	slices.SortStableFunc(ts, func(a, b result.Target) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(string(a.Kind), string(b.Kind)))
	})
	count := map[string]int{}
	for i := range ts {
		count[ts[i].Name]++
	}
	for i := range ts {
		if t := &ts[i]; count[t.Name] > 1 {
			switch {
			case t.Helm != nil && len(t.Helm.ValueFiles) > 0:
				t.Name = strings.TrimSuffix(t.Name, "]") + "@" + below(t.Helm.ValueFiles[0], t.Path) + "]"
			case t.Kind == result.KindPlain:
				t.Name += "[manifests]"
			}
		}
	}
	seen := map[string]int{}
	for i := range ts {
		if seen[ts[i].Name]++; seen[ts[i].Name] > 1 {
			ts[i].Name = fmt.Sprintf("%s#%d", ts[i].Name, seen[ts[i].Name])
		}
	}
	slices.SortFunc(ts, func(a, b result.Target) int { return strings.Compare(a.Name, b.Name) })
	return ts
}
