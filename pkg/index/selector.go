package index

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Matches reports whether a label selector (matchLabels and matchExpressions)
// selects the labels. An absent or empty selector selects everything, as in
// NetworkPolicy; callers for whom absence means "nothing" check Exists first.
func Matches(selector, labels manifest.Place) bool {
	return MatchLabels(selector, labelsOf(labels), nil)
}

func labelsOf(labels manifest.Place) func(string) (string, bool) {
	return func(key string) (string, bool) {
		v := labels.At(key)
		return v.Str(), v.Exists()
	}
}

// MatchesMap is Matches for a plain map selector, as Services have: an absent
// or empty one selects nothing.
func MatchesMap(selector, labels manifest.Place) bool {
	if selector.Len() == 0 {
		return false
	}
	for k, v := range selector.Entries() {
		if got := labels.At(k); !got.Exists() || got.Str() != v.Str() {
			return false
		}
	}
	return true
}

// MatchLabels is Matches for labels that no single mapping holds: get gives a
// label's value. known, where it is not nil, says whether a key's absence is
// certain; an expression on another key counts as met.
func MatchLabels(selector manifest.Place, get func(key string) (value string, ok bool), known func(key string) bool) bool {
	meets := func(key string, test func(value string, ok bool) bool) bool {
		value, ok := get(key)
		return !ok && known != nil && !known(key) || test(value, ok)
	}
	for k, v := range selector.At("matchLabels").Entries() {
		if !meets(k, func(got string, ok bool) bool { return ok && got == v.Str() }) {
			return false
		}
	}
	for e := range selector.At("matchExpressions").Items() {
		values, operator := e.At("values").Strings(), e.At("operator").Str()
		if !meets(e.At("key").Str(), func(got string, ok bool) bool {
			switch operator {
			case "In":
				return ok && slices.Contains(values, got)
			case "NotIn":
				return !ok || !slices.Contains(values, got)
			case "Exists":
				return ok
			case "DoesNotExist":
				return !ok
			}
			return false // the API server refuses it; it selects nothing
		}) {
			return false
		}
	}
	return true
}
