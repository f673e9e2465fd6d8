package index

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Matches reports whether a label selector (matchLabels and matchExpressions)
// selects the labels. An absent or empty selector selects everything, as in
// NetworkPolicy; callers for whom absence means "nothing" check Exists first.
func Matches(selector, labels manifest.Place) bool {
	for k, v := range selector.At("matchLabels").Entries() {
		if got := labels.At(k); !got.Exists() || got.Str() != v.Str() {
			return false
		}
	}
	for e := range selector.At("matchExpressions").Items() {
		got := labels.At(e.At("key").Str())
		values := e.At("values").Strings()
		switch e.At("operator").Str() {
		case "In":
			if !got.Exists() || !slices.Contains(values, got.Str()) {
				return false
			}
		case "NotIn":
			if got.Exists() && slices.Contains(values, got.Str()) {
				return false
			}
		case "Exists":
			if !got.Exists() {
				return false
			}
		case "DoesNotExist":
			if got.Exists() {
				return false
			}
		default: // the API server refuses it; it selects nothing
			return false
		}
	}
	return true
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
