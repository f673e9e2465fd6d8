package policy

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// position is where a place in the text of a field is written, line and col
// 1-based in the text; 0 is the field itself.
func position(p manifest.Place, line, col int) source.Span {
	n := p.Node()
	if line == 0 || n == nil || n.Kind != yaml.ScalarNode {
		return p.Location().Primary
	}
	doc := p.Object().Doc
	row, column := n.Line, n.Column
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		row, column = inBlock(strings.Split(string(doc.Text), "\n"), n, line, col)
	case line == 1 && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		column += col
	case line == 1:
		column += col - 1
	}
	return doc.Locate(row, column).Primary
}

// inBlock finds a position of a block scalar's text in the lines of its
// document. What a folded scalar joins is found line by line.
func inBlock(lines []string, n *yaml.Node, line, col int) (row, column int) {
	// The position as an offset, in code points.
	offset := col - 1
	for _, l := range strings.SplitAfter(n.Value, "\n")[:min(line-1, strings.Count(n.Value, "\n"))] {
		offset += utf8.RuneCountInString(l)
	}
	indent := -1
	for row = n.Line; row < len(lines); row++ { // lines[n.Line] is the one after the header
		l := strings.TrimRight(lines[row], "\r")
		if strings.TrimSpace(l) == "" {
			offset--
			continue
		}
		if indent < 0 {
			indent = len(l) - len(strings.TrimLeft(l, " "))
		}
		width := utf8.RuneCountInString(l) - indent
		if offset <= width {
			return row + 1, indent + max(offset, 0) + 1
		}
		offset -= width + 1
	}
	return n.Line, n.Column
}
