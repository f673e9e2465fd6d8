package report

import (
	"html/template"

	"github.com/kustoms-dev/kustoms/pkg/graph"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// htmlGraph is a graph as pkg/graph draws it. The edges are listed as text too,
// for who does not see the drawing.
type htmlGraph struct {
	Title     string
	Drawing   template.HTML // of pkg/graph, which escapes every name
	Nodes     int
	Edges     []htmlEdge
	More      int // nodes left out
	MoreEdges int // edges left out
}

type htmlEdge struct{ From, To, Label string }

const (
	htmlGraphs = 40 // in one page
	graphNodes = 150
	graphEdges = 600
)

// drawGraph draws what is readable of a graph.
func drawGraph(g *result.Graph) htmlGraph {
	small, nodes, edges := graph.Bound(g, graphNodes, graphEdges)
	out := htmlGraph{Title: g.Title, Nodes: len(small.Nodes), More: nodes, MoreEdges: edges}
	out.Drawing = template.HTML(graph.Draw(&small))
	labels := map[string]string{}
	for _, n := range small.Nodes {
		labels[n.ID] = n.Label
	}
	for _, e := range small.Edges {
		out.Edges = append(out.Edges, htmlEdge{labels[e.From], labels[e.To], e.Label})
	}
	return out
}
