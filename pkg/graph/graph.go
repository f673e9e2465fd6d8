// Package graph writes a result.Graph: as text for Mermaid and Graphviz, as
// JSON, and as a drawing of its own in SVG or on a page. It runs no other
// program, equal graphs give equal bytes, and no name of an object can break
// out of its place in any format.
package graph

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Format is a form that a graph is written in.
type Format struct {
	Name  string
	Write func(io.Writer, *result.Graph) error
}

// Formats lists the forms, the default first.
func Formats() []Format {
	return []Format{
		{"mermaid", Mermaid}, {"dot", DOT}, {"svg", SVG}, {"html", HTML}, {"json", JSON},
	}
}

// JSON writes the graph's data.
func JSON(w io.Writer, g *result.Graph) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(g)
}

const (
	maxLabel = 60 // characters of a line of a node
	maxLines = 12 // lines of a node
)

// lines are what stands in a node, its label first.
func lines(n result.GraphNode) []string {
	out := []string{clip(n.Label)}
	for i, l := range n.Lines {
		if i == maxLines-1 && len(n.Lines) > maxLines {
			return append(out, fmt.Sprintf("and %d more", len(n.Lines)-i))
		}
		out = append(out, clip(l))
	}
	return out
}

// clip makes a text one line of bounded length without control characters.
func clip(s string) string {
	s = flat(s)
	if rs := []rune(s); len(rs) > maxLabel {
		return string(rs[:maxLabel-1]) + "…"
	}
	return s
}

// ids gives nodes names that are safe in any format, and leaves out edges to
// nodes that are not there.
func ids(g *result.Graph) map[string]string {
	out := map[string]string{}
	for i, n := range g.Nodes {
		out[n.ID] = fmt.Sprintf("n%d", i)
	}
	return out
}

// members are the indexes of the nodes of each group, "" for those of none or
// of one that is not listed.
func members(g *result.Graph) map[string][]int {
	listed := map[string]bool{}
	for _, a := range g.Groups {
		listed[a.ID] = true
	}
	out := map[string][]int{}
	for i, n := range g.Nodes {
		group := n.Group
		if !listed[group] {
			group = ""
		}
		out[group] = append(out[group], i)
	}
	return out
}

// flat is a text of any length on one line, without control characters.
func flat(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Bidi_Control, r)
	}), " ")
}

// style is how a node stands out; one that a finding is about does.
func style(n result.GraphNode) result.GraphStyle {
	if n.Severity != nil {
		return result.GraphDanger
	}
	return n.Style
}
