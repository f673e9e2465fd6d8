package triage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// maxRelated bounds how many places a merged leak lists.
const maxRelated = 10

// leaks merges the findings about one secret: the text of a file and every
// object rendered from it show the same span of source, and more than one rule
// may claim it. The rule that knows the secret's kind is kept before a generic
// one, and a finding in the file before a rendered one.
func leaks(_ *Options, r *result.Report) {
	byFile := map[[2]string][]int{} // by path and commit
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Leak != nil {
			k := [2]string{f.Loc.Primary.Path, f.Leak.Commit}
			byFile[k] = append(byFile[k], i)
		}
	}
	drop := map[int]bool{}
	for _, in := range byFile {
		slices.SortStableFunc(in, func(a, b int) int {
			x, y := &r.Findings[a], &r.Findings[b]
			return cmp.Or(rank(x)-rank(y), compare(*x, *y))
		})
		var kept []int
		accepted := map[int]*leakMarks{}
		for _, i := range in {
			j := slices.IndexFunc(kept, func(k int) bool {
				return overlap(r.Findings[k].Loc.Primary, r.Findings[i].Loc.Primary)
			})
			if j < 0 {
				kept = append(kept, i)
				accepted[i] = &leakMarks{}
				accepted[i].add(&r.Findings[i])
				continue
			}
			accepted[kept[j]].add(&r.Findings[i])
			merge(&r.Findings[kept[j]], &r.Findings[i])
			drop[i] = true
		}
		for _, k := range kept {
			r.Findings[k].Suppressed = accepted[k].verdict()
		}
	}
	out := r.Findings[:0]
	for i, f := range r.Findings {
		if !drop[i] {
			out = append(out, f)
		}
	}
	r.Findings = out
}

// leakMarks gathers who accepted one leak. It is accepted where its text is,
// or in every object that shows it.
type leakMarks struct {
	file, object *result.Suppression
	open         bool // an object shows it that does not accept it
}

func (m *leakMarks) add(f *result.Finding) {
	switch {
	case f.Loc.Rendered.IsZero():
		m.file = f.Suppressed
	case f.Suppressed == nil:
		m.open = true
	default:
		m.object = f.Suppressed
	}
}

func (m *leakMarks) verdict() *result.Suppression {
	if m.file != nil || m.open {
		return m.file
	}
	return m.object
}

// rank orders findings about one leak, the best first.
func rank(f *result.Finding) int {
	n := 0
	if f.Leak.Generic {
		n += 2
	}
	if !f.Loc.Rendered.IsZero() {
		n++
	}
	return n
}

// overlap reports whether two spans of one file share text. A span without
// columns is its whole lines.
func overlap(a, b source.Span) bool {
	if a.Start.Col == 0 || b.Start.Col == 0 {
		return a.Start.Line <= b.EndLine() && b.Start.Line <= a.EndLine()
	}
	before := func(end, start source.Pos) bool {
		return cmp.Or(end.Line-start.Line, end.Col-start.Col) <= 0
	}
	return a.Start == b.Start || !before(a.End, b.Start) && !before(b.End, a.Start)
}

// merge adds to f what other knows besides.
func merge(f, other *result.Finding) {
	for _, t := range other.Targets {
		if !slices.Contains(f.Targets, t) {
			f.Targets = append(f.Targets, t)
		}
	}
	slices.Sort(f.Targets)
	f.On = append(f.On, other.On...)
	if f.Object.IsZero() {
		f.Object = other.Object
	}
	for _, rel := range other.Related {
		same := func(o result.Related) bool { return o.Message == rel.Message }
		if len(f.Related) < maxRelated && !slices.ContainsFunc(f.Related, same) {
			f.Related = append(f.Related, rel)
		}
	}
	slices.SortStableFunc(f.Related, func(a, b result.Related) int { return strings.Compare(a.Message, b.Message) })
}
