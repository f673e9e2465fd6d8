package graph

import "github.com/kustoms-dev/kustoms/pkg/result"

// Bound is the graph with its first nodes and edges, readable still: a second
// node of an id, edges to nodes that are not there and what is too much are
// left out and counted.
func Bound(g *result.Graph, maxNodes, maxEdges int) (out result.Graph, nodes, edges int) {
	out = *g
	out.Nodes, out.Edges = nil, nil
	kept := map[string]bool{}
	for _, n := range g.Nodes {
		switch {
		case kept[n.ID]:
		case len(out.Nodes) == maxNodes:
			nodes++
		default:
			kept[n.ID] = true
			out.Nodes = append(out.Nodes, n)
		}
	}
	for _, e := range g.Edges {
		if len(out.Edges) == maxEdges || !kept[e.From] || !kept[e.To] {
			edges++
			continue
		}
		out.Edges = append(out.Edges, e)
	}
	return out, nodes, edges
}
