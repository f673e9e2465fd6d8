package srcmap

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Segment is a piece of a rendered line that one source text or action made.
type Segment struct {
	Col   int  // first column, 1-based, in code points
	Text  bool // literal text of the source, not the output of an action
	Blank bool // nothing but white space and quotes
	// Chain starts with the line of the text or action and goes on to the
	// lines that included it.
	Chain []result.Origin
	// Values are the values lines that may have made it.
	Values []result.Origin
	// Whole says that Values[0] alone made it.
	Whole bool
	// Unsure says that what printed it may have it from elsewhere.
	Unsure bool
}

// locate decides where a person edits what stands at columns from to upto of
// the line. A scalar that one values line made whole is edited there; one that
// is literal text of one source line, there; anything else where its key
// stands, which is the line that puts the parts together.
func (l Line) locate(from, upto int, scalar bool) result.Location {
	var parts []Segment
	var key *Segment
	for i := range l.Segments {
		s := &l.Segments[i]
		end := 1 << 30
		if i+1 < len(l.Segments) {
			end = l.Segments[i+1].Col
		}
		if key == nil && !s.Blank {
			key = s
		}
		if from < end && s.Col < max(upto, from+1) && !(s.Blank && scalar) {
			parts = append(parts, *s)
		}
	}
	if len(parts) == 0 {
		if key == nil {
			key = &l.Segments[0]
		}
		parts = []Segment{*key}
	}
	if key == nil {
		key = &parts[0]
	}
	loc := result.Location{Exact: l.Exact, Primary: parts[0].Chain[0].Span}
	literal := true
	for _, p := range parts {
		if scalar && p.Unsure {
			loc.Exact = false
		}
		if !p.Text || p.Chain[0].Span != loc.Primary {
			literal = false
		}
	}
	switch {
	case scalar && len(parts) == 1 && parts[0].Whole:
		loc.Primary = parts[0].Values[0].Span
	case !scalar || literal:
	default:
		loc.Primary = key.Chain[0].Span
	}
	seen := map[source.Span]bool{}
	add := func(os []result.Origin) {
		for _, o := range os {
			if !seen[o.Span] {
				seen[o.Span] = true
				loc.Chain = append(loc.Chain, o)
			}
		}
	}
	for _, p := range parts {
		add(p.Values)
	}
	for _, p := range parts {
		add(p.Chain)
	}
	add(key.Chain)
	return loc
}
