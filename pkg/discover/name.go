package discover

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// distinct sorts the targets by name and makes the names unique. Targets that
// deploy the same from several files are one. Of others with one name, each
// takes in what tells it apart, so that a name never depends on an order.
func distinct(ts []result.Target) []result.Target {
	slices.SortStableFunc(ts, func(a, b result.Target) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.From, b.From), a.At.Compare(b.At),
			strings.Compare(string(a.Kind), string(b.Kind)))
	})
	ts = slices.CompactFunc(ts, same)
	for _, qualify := range []func(*result.Target) string{
		func(t *result.Target) string {
			switch {
			case t.From != "":
				return t.From
			case t.Helm != nil && len(t.Helm.ValueFiles) > 0:
				return below(t.Helm.ValueFiles[0], t.Path)
			case t.Kind == result.KindPlain:
				return "manifests"
			}
			return ""
		},
		func(t *result.Target) string { return fmt.Sprint(t.At.Start.Line) },
	} {
		count := map[string]int{}
		for i := range ts {
			count[ts[i].Name]++
		}
		for i := range ts {
			if q := qualify(&ts[i]); q != "" && count[ts[i].Name] > 1 {
				ts[i].Name = bracket(ts[i].Name, q)
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

// bracket adds a qualifier to a name: "a" → "a[q]", "a[b]" → "a[b@q]".
func bracket(name, q string) string {
	if s, ok := strings.CutSuffix(name, "]"); ok {
		return s + "@" + q + "]"
	}
	return name + "[" + q + "]"
}

// same reports whether two targets differ in nothing but what declared them.
func same(a, b result.Target) bool {
	a.From, a.At = b.From, b.At
	return a.Status == b.Status && reflect.DeepEqual(a, b)
}
