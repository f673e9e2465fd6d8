package helm

import (
	"context"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// trace knows where the lines of a chart's output came from.
type trace struct {
	job    *job
	values *tracedValues
	// byNumber are the chart's template files by the number in their marks; a
	// text that several files share stands for all of them.
	byNumber map[int][]string
	marked   map[string]*marked
	files    map[string]*fileTrace // by template name
	printed  map[[2]int]bool       // sites whose marks came out
}

// fileTrace is the traced output of one template file, cut into pieces.
type fileTrace struct {
	name   string
	pieces []piece
	starts []int // offsets of the stripped output's lines
	text   string
	// to maps the lines of the plain output (0-based) to those of the traced
	// one, -1 where they differ; nil if both are equal.
	to []int
}

// piece is a stretch of a traced output up to the marks that close it.
type piece struct {
	end    int // offset in the stripped output
	sites  []markRef
	values []int // leaves
	outer  []markRef
}

type markRef struct{ file, site int }

// trace runs the chart with marks. It never fails: what cannot be traced has
// no origin but its file.
func (j *job) trace(ctx context.Context, top chartutil.Values, plain map[string]string, maxOutput int) *trace {
	t := &trace{job: j, byNumber: map[int][]string{}, marked: map[string]*marked{}, files: map[string]*fileTrace{}, printed: map[[2]int]bool{}}
	values, ok := top["Values"].(chartutil.Values)
	if !ok {
		return t
	}
	tainted, traced := taint(values)
	t.values = traced
	marked := chartutil.Values{}
	for k, v := range top {
		marked[k] = v
	}
	marked["Values"] = tainted
	if caps, ok := top["Capabilities"].(*chartutil.Capabilities); ok {
		marked["Capabilities"] = capabilities{caps, apiVersions(caps.APIVersions)}
	}
	files := templates(j.chart, marked)
	text := func(name string) string {
		m := j.marker.file(files[name].text)
		if m == nil {
			return files[name].text
		}
		if same := t.byNumber[m.number]; len(same) > 0 && t.marked[same[0]].text != m.text {
			return files[name].text // the number came again
		}
		t.marked[name] = m
		t.byNumber[m.number] = append(t.byNumber[m.number], name)
		return m.text
	}
	out, err := j.engine.render(ctx, files, text, true, maxOutput, t)
	if err != nil {
		return t
	}
	for name, s := range out {
		if strings.TrimSpace(plain[name]) == "" {
			continue
		}
		t.files[name] = t.read(name, s, plain[name])
	}
	return t
}

// capabilities are chartutil's with an APIVersions.Has that sees past marks.
type capabilities struct {
	*chartutil.Capabilities
	APIVersions apiVersions
}

type apiVersions chartutil.VersionSet

// Has reports whether the API version or version/kind is there.
func (v apiVersions) Has(s string) bool { return chartutil.VersionSet(v).Has(strip(s)) }

// read cuts a traced output into pieces.
func (t *trace) read(name, out, plain string) *fileTrace {
	f := &fileTrace{name: name}
	var b strings.Builder
	b.Grow(len(out))
	open := false
	for out != "" {
		i := nextMark(out)
		if i < 0 {
			b.WriteString(out)
			break
		}
		if i > 0 || !open {
			b.WriteString(out[:i])
			f.pieces = append(f.pieces, piece{end: b.Len()})
			open = true
		}
		p := &f.pieces[len(f.pieces)-1]
		file, site := readMark(out[i:])
		if file < valuesFiles {
			if l := t.values.leafOf(file, site); l != nil {
				p.values = append(p.values, file*markMax+site)
			}
		} else if t.byNumber[file] != nil {
			p.sites = append(p.sites, markRef{file, site})
			t.printed[[2]int{file, site}] = true
		}
		out = out[min(i+markLen, len(out)):]
	}
	f.text = b.String()
	f.includers(t)
	f.starts = lineStarts(f.text)
	if f.text != plain {
		f.to = align(strings.Split(plain, "\n"), strings.Split(f.text, "\n"))
	}
	return f
}

func lineStarts(s string) []int {
	starts := []int{0}
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// includers finds for each piece that a definition printed the actions that
// included the definition: marks close what they enclose, so going backwards
// the nearest including action of another definition is the one.
func (f *fileTrace) includers(t *trace) {
	nearest := map[string]int{} // definition → position of the nearest including action of it that follows
	refs := map[string]markRef{}
	var after *markRef // the site of the next piece that has one
	for i := len(f.pieces) - 1; i >= 0; i-- {
		p := &f.pieces[i]
		for k := len(p.sites) - 1; k >= 0; k-- {
			s := t.site(p.sites[k])
			if s != nil && s.includes {
				nearest[s.define], refs[s.define] = i<<16|k, p.sites[k] // within a piece the inner stands first
			}
		}
		if len(p.sites) == 0 {
			if after != nil {
				p.sites = []markRef{*after} // a value printed within a longer action
			}
		} else {
			first := p.sites[0]
			after = &first
		}
		if len(p.sites) == 0 {
			continue
		}
		own := t.site(p.sites[0])
		if own == nil {
			continue
		}
		for d, steps := own.define, 0; d != "" && steps < 6; steps++ {
			best, at := markRef{}, -1
			for def, idx := range nearest {
				if def != d && (at < 0 || idx < at) {
					best, at = refs[def], idx
				}
			}
			if at < 0 {
				break
			}
			p.outer = append(p.outer, best)
			d = t.site(best).define
		}
	}
}

func (t *trace) site(r markRef) *site {
	names := t.byNumber[r.file]
	if len(names) == 0 {
		return nil
	}
	m := t.marked[names[0]]
	if r.site >= len(m.sites) {
		return nil
	}
	return &m.sites[r.site]
}

// note remembers the sites that an included template printed, whatever becomes
// of its text.
func (t *trace) note(s string) {
	for i := nextMark(s); i >= 0; i = nextMark(s) {
		if file, site := readMark(s[i:]); file >= valuesFiles {
			t.printed[[2]int{file, site}] = true
		}
		s = s[min(i+markLen, len(s)):]
	}
}

// lines maps the lines of a document, which starts at the given line of the
// file's output.
func (t *trace) lines(name string, first int, text string) []srcmap.Line {
	n := strings.Count(text, "\n") + 1
	out := make([]srcmap.Line, n)
	src := t.job.sources[name]
	f := t.files[name]
	if f == nil {
		return t.fallback(src, out)
	}
	for i := range out {
		at := first - 1 + i
		if f.to != nil {
			if at >= len(f.to) || f.to[at] < 0 {
				continue
			}
			at = f.to[at]
		}
		out[i] = t.line(f, at)
	}
	// What has no origin of its own takes its neighbour's: the line above, or
	// at the top the line below.
	nearest(out)
	if len(out) > 0 && len(out[0].Segments) == 0 {
		return t.fallback(src, out)
	}
	return out
}

func nearest(lines []srcmap.Line) {
	fill := func(i, from int) {
		lines[i] = lines[from]
		lines[i].Exact = false
	}
	for i := 1; i < len(lines); i++ {
		if len(lines[i].Segments) == 0 && len(lines[i-1].Segments) > 0 {
			fill(i, i-1)
		}
	}
	for i := len(lines) - 2; i >= 0; i-- {
		if len(lines[i].Segments) == 0 && len(lines[i+1].Segments) > 0 {
			fill(i, i+1)
		}
	}
}

// fallback is all that is known of a file that could not be traced.
func (t *trace) fallback(src file, out []srcmap.Line) []srcmap.Line {
	for i := range out {
		out[i] = srcmap.Line{Chain: []result.Origin{{Span: source.LineSpan(src.path, 1), Role: result.RoleTemplate}}}
	}
	return out
}

// line makes the segments of one line (0-based) of a traced output.
func (t *trace) line(f *fileTrace, n int) srcmap.Line {
	if n >= len(f.starts) {
		return srcmap.Line{}
	}
	lo, hi := f.starts[n], len(f.text)
	if n+1 < len(f.starts) {
		hi = f.starts[n+1] - 1
	}
	i, _ := slices.BinarySearchFunc(f.pieces, lo+1, func(p piece, off int) int { return p.end - off })
	l := srcmap.Line{Exact: true}
	for at := lo; i < len(f.pieces) && (at < hi || at == lo); i++ {
		p := &f.pieces[i]
		to := min(p.end, hi)
		if to <= at && at < hi {
			continue
		}
		if len(p.sites) > 0 {
			start := 0
			if i > 0 {
				start = f.pieces[i-1].end
			}
			if s, ok := t.segment(f, p, start, at, to); ok {
				s.Col = 1 + utf8.RuneCountInString(f.text[lo:at])
				if len(l.Segments) == 0 {
					s.Col = 1
				}
				l.Segments = append(l.Segments, s)
				// A quote that opens behind a key belongs to the value's line
				// but is no part of the value.
				if text := f.text[at:to]; s.Text && !s.Blank && strings.HasSuffix(strings.TrimRight(text, `"'`), " ") && len(strings.TrimRight(text, `"'`)) < len(text) {
					s.Blank = true
					s.Col = 1 + utf8.RuneCountInString(f.text[lo:at+len(strings.TrimRight(text, `"'`))])
					l.Segments = append(l.Segments, s)
				}
			}
		}
		at = to
		if at >= hi {
			break
		}
	}
	return l
}

// segment describes the part [at,to) of a piece that starts at start.
func (t *trace) segment(f *fileTrace, p *piece, start, at, to int) (srcmap.Segment, bool) {
	own := t.site(p.sites[0])
	if own == nil {
		return srcmap.Segment{}, false
	}
	text := f.text[at:to]
	s := srcmap.Segment{Text: !own.action, Blank: strings.Trim(text, " \t\r\n\"'") == ""}
	role := result.RoleTemplate
	for _, ref := range append([]markRef{p.sites[0]}, p.outer...) {
		if o, ok := t.origin(f, ref, role); ok {
			s.Chain = append(s.Chain, o)
		}
		role = result.RoleInclude
	}
	if len(s.Chain) == 0 {
		return s, false
	}
	whole := 0
	for _, v := range p.values {
		leaf := &t.values.leaves[v]
		o, isWhole, ok := t.valueOrigin(leaf, f.text[start:p.end], at-start, to-start)
		if !ok {
			continue
		}
		if isWhole {
			whole++
			s.Values = slices.Insert(s.Values, 0, o)
		} else {
			s.Values = append(s.Values, o)
		}
	}
	// What an encoder prints without a mark may have been made of any template's
	// text or any value.
	s.Unsure = own.encodes && len(p.values) == 0 && strings.TrimSpace(text) != ""
	s.Whole = whole == 1 || (whole > 1 && s.Values[0] == s.Values[1])
	return s, true
}

// origin is the source line of a mark.
func (t *trace) origin(f *fileTrace, r markRef, role result.Role) (result.Origin, bool) {
	s := t.site(r)
	if s == nil {
		return result.Origin{}, false
	}
	name := t.owner(f.name, t.byNumber[r.file])
	src := t.job.sources[name]
	line := s.line
	if src.packed {
		line = max(src.line, 1)
	}
	return result.Origin{Span: source.LineSpan(src.path, line), Role: role}, true
}

// owner picks, of files with the same text, the one nearest to the file that
// printed: itself, or of the same chart, or the last by name, which is the one
// whose definitions win.
func (t *trace) owner(printing string, names []string) string {
	if len(names) == 1 || slices.Contains(names, printing) {
		if slices.Contains(names, printing) {
			return printing
		}
		return names[0]
	}
	best := ""
	for _, n := range names {
		if path.Dir(n) == path.Dir(printing) {
			return n
		}
		// Helm parses deeper folders first, so the shallowest wins.
		if best == "" || strings.Count(n, "/") < strings.Count(best, "/") || (strings.Count(n, "/") == strings.Count(best, "/") && n < best) {
			best = n
		}
	}
	return best
}

// coverage says which template lines could print and which did.
func (t *trace) coverage() []render.FileCoverage {
	var out []render.FileCoverage
	names := make([]string, 0, len(t.marked))
	for n := range t.marked {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		m, src := t.marked[n], t.job.sources[n]
		if src.packed || len(m.sites) == 0 {
			continue
		}
		c := render.FileCoverage{Path: src.path, Lines: slices.Compact(slices.Sorted(slices.Values(m.lines)))}
		for i, s := range m.sites {
			if t.printed[[2]int{m.number, i}] {
				c.Rendered = append(c.Rendered, s.line)
			}
		}
		slices.Sort(c.Rendered)
		c.Rendered = slices.Compact(c.Rendered)
		out = append(out, c)
	}
	return out
}
