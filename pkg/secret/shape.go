package secret

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// unbounded is a length or count without limit.
const unbounded = -1

// times multiplies, add adds, larger picks; all saturate at unbounded.
func times(a, b int) int {
	if a == 0 || b == 0 {
		return 0
	}
	if a == unbounded || b == unbounded || a > 1<<20 {
		return unbounded
	}
	return a * b
}

func add(a, b int) int {
	if a == unbounded || b == unbounded {
		return unbounded
	}
	return a + b
}

func larger(a, b int) int {
	if a == unbounded || b == unbounded {
		return unbounded
	}
	return max(a, b)
}

// measure folds a cost of single runes over an expression: the most that any
// match can cost.
func measure(re *syntax.Regexp, cost func(lo, hi rune) int) int {
	switch re.Op {
	case syntax.OpLiteral:
		n := 0
		for _, r := range re.Rune {
			lo, hi := r, r
			if re.Flags&syntax.FoldCase != 0 {
				for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
					lo, hi = min(lo, f), max(hi, f)
				}
			}
			n = add(n, cost(lo, hi))
		}
		return n
	case syntax.OpCharClass:
		n := 0
		for i := 0; i+1 < len(re.Rune); i += 2 {
			n = larger(n, cost(re.Rune[i], re.Rune[i+1]))
		}
		return n
	case syntax.OpAnyChar:
		return cost(0, utf8.MaxRune)
	case syntax.OpAnyCharNotNL:
		return max(cost(0, '\n'-1), cost('\n'+1, utf8.MaxRune))
	case syntax.OpStar, syntax.OpPlus:
		return times(unbounded, measure(re.Sub[0], cost))
	case syntax.OpQuest, syntax.OpCapture:
		return measure(re.Sub[0], cost)
	case syntax.OpRepeat:
		return times(re.Max, measure(re.Sub[0], cost))
	case syntax.OpConcat:
		n := 0
		for _, s := range re.Sub {
			n = add(n, measure(s, cost))
		}
		return n
	case syntax.OpAlternate:
		n := 0
		for _, s := range re.Sub {
			n = larger(n, measure(s, cost))
		}
		return n
	}
	return 0 // assertions
}

// maxBytes and maxLines bound a match: its bytes, and the newlines in it.
func maxBytes(re *syntax.Regexp) int {
	return measure(re, func(_, hi rune) int {
		if hi < utf8.RuneSelf {
			return 1
		}
		return utf8.UTFMax
	})
}

func maxLines(re *syntax.Regexp) int {
	return measure(re, func(lo, hi rune) int {
		if lo <= '\n' && '\n' <= hi {
			return 1
		}
		return 0
	})
}

// maxLiterals bounds the strings that literals lists.
const maxLiterals = 512

// literals lists in lower case the strings that re matches, if they are few.
func literals(re *syntax.Regexp) ([]string, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}, true
	case syntax.OpLiteral:
		return []string{strings.ToLower(string(re.Rune))}, true
	case syntax.OpCharClass:
		var out []string
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i+1]-re.Rune[i] > 64 {
				return nil, false
			}
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				out = append(out, strings.ToLower(string(r)))
			}
		}
		slices.Sort(out)
		out = slices.Compact(out)
		return out, len(out) <= 40
	case syntax.OpCapture:
		return literals(re.Sub[0])
	case syntax.OpQuest:
		out, ok := literals(re.Sub[0])
		return append(slices.Clone(out), ""), ok
	case syntax.OpAlternate:
		var out []string
		for _, s := range re.Sub {
			l, ok := literals(s)
			if out = append(out, l...); !ok || len(out) > maxLiterals {
				return nil, false
			}
		}
		return out, true
	case syntax.OpConcat:
		out := []string{""}
		for _, s := range re.Sub {
			l, ok := literals(s)
			if !ok || len(l)*len(out) > maxLiterals {
				return nil, false
			}
			out = cross(out, l)
		}
		return out, true
	}
	return nil, false
}

func cross(a, b []string) []string {
	out := make([]string, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, x+y)
		}
	}
	return out
}

// holds reports whether every match of re contains one of the keywords, case
// aside. False means that it is not known.
func holds(re *syntax.Regexp, keywords []string) bool {
	each := func(strs []string) bool {
		for _, s := range strs {
			if !slices.ContainsFunc(keywords, func(k string) bool { return strings.Contains(s, k) }) {
				return false
			}
		}
		return len(strs) > 0
	}
	if l, ok := literals(re); ok {
		return each(l)
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return holds(re.Sub[0], keywords)
	case syntax.OpRepeat:
		return re.Min > 0 && holds(re.Sub[0], keywords)
	case syntax.OpAlternate:
		for _, s := range re.Sub {
			if !holds(s, keywords) {
				return false
			}
		}
		return true
	case syntax.OpConcat:
		run := []string{""}
		for _, s := range re.Sub {
			l, ok := literals(s)
			if ok && len(l)*len(run) <= maxLiterals {
				if run = cross(run, l); each(run) {
					return true
				}
				continue
			}
			if holds(s, keywords) {
				return true
			}
			if run = []string{""}; ok {
				run = l
			}
		}
	}
	return false
}

// loosen rewrites re to one that matches at least as much and has far fewer
// states: a repeat with a limit over most loses it, and one that asks for
// more than 64 asks for 64.
func loosen(re *syntax.Regexp, most int) *syntax.Regexp {
	c := *re
	c.Sub = make([]*syntax.Regexp, len(re.Sub))
	for i, s := range re.Sub {
		c.Sub[i] = loosen(s, most)
	}
	if re.Op == syntax.OpRepeat {
		if c.Min > 64 {
			c.Min = 64
		}
		if c.Max != re.Min && c.Max > most || c.Max > 64 {
			c.Max = unbounded
		}
	}
	return &c
}
