// Package srcmap leads a line of a rendered document home to the template,
// values, patch or manifest line that a person edits. Renderers build a Map
// per document, one Line for each rendered line; everything after them only
// asks Locate.
package srcmap

import (
	"slices"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Line is the origin of one rendered line.
type Line struct {
	// Chain starts with where the text is written and goes on to the lines
	// that included it. Empty: unknown.
	Chain []result.Origin
	// Values are the values lines that the line's actions print, in order of
	// printing.
	Values []result.Origin
	// Whole says that Values[0] alone makes the line's scalar.
	Whole bool
	// Exact says that the origins are proven, not the nearest neighbour's.
	Exact bool
	// Segments, if the renderer knows origins to the column, replace Chain,
	// Values and Whole. The first starts at column 1.
	Segments []Segment
}

// Origins are all that the line is known to come from.
func (l Line) Origins() []result.Origin {
	out := slices.Concat(l.Chain, l.Values)
	for _, s := range l.Segments {
		out = append(append(out, s.Chain...), s.Values...)
	}
	return out
}

// Map tells where each line of one rendered document was written. It is
// immutable once built.
type Map struct {
	lines []Line
	// make gives the lines of a map that is built when it is first asked.
	make func() []Line
	// identity: the document stands in a file as it is, from line first on.
	path  string
	first int
}

// New maps line i+1 of a document to lines[i].
func New(lines []Line) *Map { return &Map{lines: lines} }

// Lazy maps line i+1 of a document to the i-th line that build returns. build
// runs when the map is first asked, once.
func Lazy(build func() []Line) *Map { return &Map{make: sync.OnceValue(build)} }

// Identity maps a document that stands unchanged in path, from line first on.
func Identity(path string, first int) *Map { return &Map{path: path, first: first} }

// Locate says where the text at span, in lines of the document, was written.
// scalar says that the span is a scalar's value, which a values line may have
// set whole. Rendered is left to the caller.
func (m *Map) Locate(span source.Span, scalar bool) result.Location {
	if m == nil {
		return result.Location{}
	}
	if m.lines == nil && m.make == nil {
		s := span
		s.Path = m.path
		s.Start.Line += m.first - 1
		if s.End.Line > 0 {
			s.End.Line += m.first - 1
		}
		return result.Location{Primary: s, Exact: true}
	}
	l := m.Line(span.Start.Line)
	if len(l.Segments) > 0 {
		return l.locate(span.Start.Col, span.End.Col, scalar)
	}
	if len(l.Chain) == 0 {
		return result.Location{}
	}
	loc := result.Location{Primary: l.Chain[0].Span, Exact: l.Exact}
	if scalar && l.Whole && len(l.Values) > 0 {
		loc.Primary = l.Values[0].Span
	}
	loc.Chain = append(append(loc.Chain, l.Values...), l.Chain...)
	return loc
}

// Line returns the origin of the document's line n, 1-based; past the end, of
// the last line.
func (m *Map) Line(n int) Line {
	lines := m.lines
	if m.make != nil {
		lines = m.make()
	}
	if len(lines) == 0 {
		return Line{}
	}
	return lines[min(max(n, 1), len(lines))-1]
}
