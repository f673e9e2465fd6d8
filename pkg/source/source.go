// Package source holds where things are written: repository-relative paths,
// positions, and the confined view of the repository that every stage reads
// through. It is the leaf of the import graph and knows nothing of Kubernetes.
package source

import "fmt"

// Pos is a place in a text. Line and Col are 1-based; Col counts Unicode code
// points. Col 0 means "the whole line".
type Pos struct {
	Line int `json:"line"`
	Col  int `json:"col,omitempty"`
}

// Span is a stretch of one file. Path is repository-relative with '/'. Start
// and End are inclusive of Start and exclusive of End's column; a span whose
// End is zero is the single line of Start.
type Span struct {
	Path  string `json:"path"`
	Start Pos    `json:"start"`
	End   Pos    `json:"end,omitzero"`
}

// LineSpan is the span of the whole line n of path.
func LineSpan(path string, n int) Span {
	return Span{Path: path, Start: Pos{Line: n}, End: Pos{Line: n}}
}

// IsZero reports whether s points nowhere.
func (s Span) IsZero() bool { return s.Path == "" && s.Start.Line == 0 }

// EndLine is the last line of s, at least Start.Line.
func (s Span) EndLine() int { return max(s.Start.Line, s.End.Line) }

// String is "path:line" or "path:line:col", the form editors jump to.
func (s Span) String() string {
	if s.Start.Col > 0 {
		return fmt.Sprintf("%s:%d:%d", s.Path, s.Start.Line, s.Start.Col)
	}
	return fmt.Sprintf("%s:%d", s.Path, s.Start.Line)
}

// Compare orders spans by path, then position.
func (s Span) Compare(o Span) int {
	switch {
	case s.Path != o.Path:
		if s.Path < o.Path {
			return -1
		}
		return 1
	case s.Start.Line != o.Start.Line:
		return s.Start.Line - o.Start.Line
	case s.Start.Col != o.Start.Col:
		return s.Start.Col - o.Start.Col
	case s.End.Line != o.End.Line:
		return s.End.Line - o.End.Line
	}
	return s.End.Col - o.End.Col
}
