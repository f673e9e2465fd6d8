package secret

import (
	"cmp"
	"fmt"
	"maps"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/zricethezav/gitleaks/v8/config"
)

// engine finds what gitleaks' detector finds in a text, and does so without
// running most expressions over most bytes:
//
//  1. One automaton finds the keywords of all rules in one pass.
//  2. A rule whose keyword is there looks at the keyword's surroundings, as far
//     as a match that holds the keyword can reach; at the whole text where
//     that cannot be told from the expression.
//  3. In these windows a dfa that never misses says where matches may be.
//  4. Only there runs the rule's own expression, with some text to each side. No
//     match reaches out of such a stretch, so the expression finds in it what it
//     finds in the whole text.
//  5. Encoded text is decoded in place and the steps are repeated on what
//     lies around it.
//
// The differential test holds it to gitleaks' own detector.
type engine struct {
	cfg     config.Config
	rules   []*matcher
	words   *words
	byWord  [][]int // keyword → rules
	always  []int   // rules that look at every text
	reach   int     // the furthest any rule's bounded match goes, in bytes
	lines   int     // the same in lines, of those bounded in lines only
	scratch sync.Pool
}

// matcher is a rule with what its expression says about its matches.
type matcher struct {
	config.Rule
	// always: the rule has no keywords, or another rule asks for it.
	always bool
	// whole: its windows are whole texts.
	whole bool
	// bytes and lines bound a match.
	bytes, lines int
	// check is an own rule's.
	check func(match, value string) bool
	// loose matches at least what the expression does, with fewer states.
	loose *syntax.Regexp
}

// found is one match of a rule in a text.
type found struct {
	leak
	match      hidden // the expression's whole match
	line       hidden // the line that it is on, decoded
	from, till int    // the match in the text
	depth      int    // how often it was decoded
}

// scratch is what one scan at a time needs.
type scratch struct {
	dfas []*dfa
	// at are the places of a rule's keywords in the view at hand, for rules
	// that look at surroundings.
	at [][]int32
	// hit and hits are the rules of which a keyword was seen in this text.
	hit  []bool
	hits []int
}

// padding is the text kept on each side of a window: assertions look at one
// rune.
const padding = 4

func newEngine(cfg config.Config) (*engine, error) {
	e := &engine{cfg: cfg}
	required := map[string]bool{}
	for _, r := range cfg.Rules {
		for _, q := range r.RequiredRules {
			required[q.RuleID] = true
		}
	}
	ids := map[string]int{}
	var list []string
	for _, id := range slices.Sorted(maps.Keys(cfg.Rules)) {
		r := cfg.Rules[id]
		m := &matcher{Rule: r, always: len(r.Keywords) == 0 || required[id]}
		if o := ownRule(id); o != nil && o.Regex == r.Regex {
			m.check = o.check
		}
		if r.Regex != nil {
			re, err := syntax.Parse(r.Regex.String(), syntax.Perl)
			if err != nil {
				return nil, fmt.Errorf("rule %s: %w", id, err)
			}
			m.bytes, m.lines = maxBytes(re), maxLines(re)
			m.whole = m.always || m.bytes == unbounded && m.lines == unbounded || !holds(re, r.Keywords)
			m.loose = loosen(re, 1)
			if !m.whole && m.bytes != unbounded {
				e.reach = max(e.reach, m.bytes)
			} else if !m.whole {
				e.lines = max(e.lines, m.lines)
			}
		}
		for _, k := range r.Keywords {
			k = strings.ToLower(k)
			if _, ok := ids[k]; !ok {
				ids[k] = len(list)
				list = append(list, k)
				e.byWord = append(e.byWord, nil)
			}
			if !slices.Contains(e.byWord[ids[k]], len(e.rules)) {
				e.byWord[ids[k]] = append(e.byWord[ids[k]], len(e.rules))
			}
		}
		if m.always && m.Regex != nil {
			e.always = append(e.always, len(e.rules))
		}
		e.rules = append(e.rules, m)
	}
	e.words = newWords(list)
	e.scratch.New = func() any {
		return &scratch{
			dfas: make([]*dfa, len(e.rules)),
			at:   make([][]int32, len(e.rules)), hit: make([]bool, len(e.rules)),
		}
	}
	return e, nil
}

// matches lists the matches of all rules in a text, before anything that
// depends on the text's path.
func (e *engine) matches(text string) []found {
	s := e.scratch.Get().(*scratch)
	defer e.scratch.Put(s)
	for _, rule := range s.hits {
		s.hit[rule], s.at[rule] = false, s.at[rule][:0]
	}
	s.hits = s.hits[:0]
	var out []found
	v := view{text: text, original: text}
	regions := []region{{0, len(text)}}
	for depth := 0; ; depth++ {
		e.pass(s, &v, regions, &out)
		if depth == decodeDepth {
			break
		}
		next, ok := v.decode()
		if !ok {
			break
		}
		v = next
		regions = v.regions(e.reach+64, e.lines+2)
	}
	slices.SortStableFunc(out, func(a, b found) int {
		return cmp.Or(a.start-b.start, a.end-b.end, strings.Compare(a.rule, b.rule))
	})
	return out
}

// region is a stretch of text.
type region struct{ from, to int }

// folds are the runes outside ASCII that stand for letters in it where case
// is ignored: in a text that has one, a keyword may hide from words.
var folds = [...]string{"\u017f", "\u0130", "\u212a"}

// pass runs the rules over the regions of one view.
func (e *engine) pass(s *scratch, v *view, regions []region, out *[]found) {
	for _, rule := range s.hits {
		s.at[rule] = s.at[rule][:0]
	}
	text, exact := v.text, true
	if slices.ContainsFunc(folds[:], func(r string) bool { return strings.Contains(v.text, r) }) {
		text, exact = strings.ToLower(text), false
		regions = []region{{0, len(text)}}
	}
	for _, r := range regions {
		e.words.find(text, r.from, r.to, func(id int32, at int) {
			for _, rule := range e.byWord[id] {
				if !s.hit[rule] {
					s.hit[rule] = true
					s.hits = append(s.hits, rule)
				}
				if m := e.rules[rule]; !m.whole && m.Regex != nil {
					s.at[rule] = append(s.at[rule], int32(at))
				}
			}
		})
	}
	whole := region{0, len(v.text)}
	for _, i := range e.always {
		e.search(s, v, i, whole, out)
	}
	for _, i := range s.hits {
		switch m := e.rules[i]; {
		case m.Regex == nil || m.always:
		case m.whole || !exact:
			e.search(s, v, i, whole, out)
		case len(s.at[i]) > 0:
			e.around(s, v, i, out)
		}
	}
}

// around searches the surroundings of a rule's keywords.
func (e *engine) around(s *scratch, v *view, rule int, out *[]found) {
	m, at := e.rules[rule], s.at[rule]
	slices.Sort(at) // keywords overlap
	w := region{-1, -1}
	for _, p := range at {
		if int(p) < w.to && m.bytes == unbounded && w.to == len(v.text) {
			break
		}
		n := m.surroundings(v.text, int(p), w)
		if w.to >= 0 && n.from <= w.to {
			w.to = max(w.to, n.to)
			continue
		}
		if w.to >= 0 {
			e.search(s, v, rule, w, out)
		}
		w = n
	}
	e.search(s, v, rule, w, out)
}

// surroundings are how far a match that holds the byte at p can reach.
// before, the window so far, spares looking back over it.
func (m *matcher) surroundings(text string, p int, before region) region {
	if m.bytes != unbounded {
		return region{max(0, p-m.bytes-padding), min(len(text), p+m.bytes+padding)}
	}
	r := region{p, p}
	if p >= before.to {
		r.from = backLines(text, p, m.lines)
	}
	r.to = forwardLines(text, p, m.lines)
	return r
}

// backLines is the start of the line n lines before the one at p.
func backLines(text string, p, n int) int {
	for ; n >= 0 && p > 0; n-- {
		p = strings.LastIndexByte(text[:p], '\n')
		if p < 0 {
			return 0
		}
	}
	return p
}

// forwardLines is past the end of the line n lines after the one at p.
func forwardLines(text string, p, n int) int {
	for ; n >= 0; n-- {
		i := strings.IndexByte(text[p:], '\n')
		if i < 0 {
			return len(text)
		}
		p += i + 1
	}
	return p
}

// search finds a rule's matches in a window.
func (e *engine) search(s *scratch, v *view, rule int, w region, out *[]found) {
	if s.dfas[rule] == nil {
		d, err := newDFA(e.rules[rule].loose)
		if err != nil {
			e.match(v, rule, w, out)
			return
		}
		s.dfas[rule] = d
	}
	seg := region{-1, -1}
	ok := s.dfas[rule].spans(v.text, w.from, w.to, func(from, to int) {
		n := region{max(w.from, from-padding), min(w.to, to+padding)}
		if seg.to >= 0 && n.from <= seg.to {
			seg.to = n.to
			return
		}
		if seg.to >= 0 {
			e.match(v, rule, seg, out)
		}
		seg = n
	})
	switch {
	case !ok: // too many states: the expression itself, over all that is left
		e.match(v, rule, region{max(seg.from, w.from), w.to}, out)
	case seg.to >= 0:
		e.match(v, rule, seg, out)
	}
}

// match runs a rule's expression over a stretch of the view, and what the
// rule says besides: entropy, groups and allowlists.
func (e *engine) match(v *view, rule int, w region, out *[]found) {
	m := e.rules[rule]
	for _, at := range m.Regex.FindAllStringIndex(v.text[w.from:w.to], -1) {
		from, to := at[0]+w.from, at[1]+w.from
		if f, ok := v.locate(from, to); ok {
			f.rule = m.RuleID
			if e.accept(m, v, region{from, to}, &f) {
				*out = append(*out, f)
			}
		}
	}
}

// accept completes a match and applies what does not depend on the path.
func (e *engine) accept(m *matcher, v *view, at region, f *found) bool {
	f.value = f.match
	if groups := m.Regex.FindStringSubmatch(string(f.match)); len(groups) >= 2 {
		if m.SecretGroup > 0 {
			if len(groups) <= m.SecretGroup {
				return false
			}
			f.value = hidden(groups[m.SecretGroup])
		} else if i := slices.IndexFunc(groups[1:], func(g string) bool { return g != "" }); i >= 0 {
			f.value = hidden(groups[1+i])
		}
	}
	if m.Entropy != 0 && entropy(string(f.value)) <= m.Entropy || m.check != nil && !m.check(string(f.match), string(f.value)) {
		return false
	}
	if i := strings.Index(v.text[at.from:at.to], string(f.value)); i >= 0 { // narrow to the secret itself
		r := v.back(region{at.from + i, at.from + i + len(f.value)})
		f.start, f.end = r.from, max(r.to, r.from)
	}
	return !e.allowed(m, "", f, false)
}

// apply lists the leaks among a text's matches: path counts for the rules and
// allowlists that look at it.
func (e *engine) apply(path, text string, fs []found) []leak {
	if path != "" && pathAllowed(e.cfg.Allowlists, path) {
		return nil
	}
	var out []leak
	for _, m := range e.rules {
		if m.Regex == nil && m.Path != nil && m.Path.MatchString(path) && !pathAllowed(m.Allowlists, path) {
			out = append(out, leak{rule: m.RuleID})
		}
	}
	for i := range fs {
		if e.applies(path, &fs[i], fs, text) {
			out = append(out, fs[i].leak)
		}
	}
	return out
}

// applies reports whether a match counts in a file of that path.
func (e *engine) applies(path string, f *found, all []found, text string) bool {
	i, _ := slices.BinarySearchFunc(e.rules, f.rule, func(m *matcher, id string) int { return strings.Compare(m.RuleID, id) })
	m := e.rules[i]
	if m.SkipReport || m.Path != nil && !m.Path.MatchString(path) || path != "" && pathAllowed(m.Allowlists, path) || e.allowed(m, path, f, true) {
		return false
	}
	for _, q := range m.RequiredRules {
		near := func(o found) bool {
			a, b := posOf(text, f.from), posOf(text, o.from)
			return o.rule == q.RuleID &&
				(q.WithinLines == nil || max(a.Line-b.Line, b.Line-a.Line) <= *q.WithinLines) &&
				(q.WithinColumns == nil || max(a.Col-b.Col, b.Col-a.Col) <= *q.WithinColumns)
		}
		if !slices.ContainsFunc(all, near) {
			return false
		}
	}
	return true
}
