package secret

import (
	"math"

	"github.com/zricethezav/gitleaks/v8/config"
)

// allowed applies the allowlists, the configuration's and the rule's, to a
// match. Without paths, lists that name a path as a condition are left for
// later.
func (e *engine) allowed(m *matcher, path string, f *found, paths bool) bool {
	for _, lists := range [...][]*config.Allowlist{e.cfg.Allowlists, m.Allowlists} {
		for _, a := range lists {
			if allows(a, path, f, paths) {
				return true
			}
		}
	}
	return false
}

func allows(a *config.Allowlist, path string, f *found, paths bool) bool {
	target := f.value
	switch a.RegexTarget {
	case "match":
		target = f.match
	case "line":
		target = f.line
	}
	and := a.MatchCondition == config.AllowlistMatchAnd
	if and && !paths && (len(a.Paths) > 0 || len(a.Commits) > 0) {
		return false
	}
	regex := a.RegexAllowed(string(target))
	stop, _ := a.ContainsStopWord(string(f.value))
	if !and {
		return regex || stop
	}
	commit, _ := a.CommitAllowed(f.commit)
	return (len(a.Commits) == 0 || commit) &&
		(len(a.Paths) == 0 || a.PathAllowed(path)) &&
		(len(a.Regexes) == 0 || regex) && (len(a.StopWords) == 0 || stop)
}

// pathAllowed reports whether a list exempts whole files of that path.
func pathAllowed(lists []*config.Allowlist, path string) bool {
	for _, a := range lists {
		switch {
		case a.MatchCondition != config.AllowlistMatchAnd:
			if a.PathAllowed(path) {
				return true
			}
		case len(a.Regexes) == 0 && len(a.StopWords) == 0 && len(a.Commits) == 0:
			if a.PathAllowed(path) {
				return true
			}
		}
	}
	return false
}

// entropy is Shannon's, in bits a byte, as gitleaks counts it: over runes, in
// proportion to bytes.
func entropy(s string) float64 {
	if s == "" {
		return 0
	}
	counts := map[rune]int{}
	for _, r := range s {
		counts[r]++
	}
	sum, total := 0.0, float64(len(s))
	for _, n := range counts {
		p := float64(n) / total
		sum -= p * math.Log2(p)
	}
	return sum
}

// commitAllowed reports whether a list of the configuration exempts a commit
// whole.
func (e *engine) commitAllowed(hash string) bool {
	for _, a := range e.cfg.Allowlists {
		if a.MatchCondition == config.AllowlistMatchAnd && len(a.Paths)+len(a.Regexes)+len(a.StopWords) > 0 {
			continue
		}
		if ok, _ := a.CommitAllowed(hash); ok {
			return true
		}
	}
	return false
}
