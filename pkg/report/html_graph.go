package report

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// htmlGraph is a graph drawn in columns, from what nothing leads to on the left. The edges are listed as text too, for who does not see the drawing and
// for labels that have no room in it.
type htmlGraph struct {
	Title         string
	Width, Height int
	Nodes         []htmlNode
	Edges         []htmlEdge
	More          int // nodes left out
	MoreEdges     int // edges left out
}

type htmlNode struct {
	Label        string
	X, Y         int
	TextX, TextY int
	Stroke       string
	Class        string
	column, row  int
}

type htmlEdge struct {
	From, To, Label string
	X1, Y1, X2, Y2  int
}

const (
	graphNodes  = 150 // readable, still
	graphEdges  = 600
	graphName   = 30 // of a node in the drawing
	graphWide   = 220
	graphHigh   = 28
	graphAcross = 300 // from a column to the next
	graphDown   = 44  // from a row to the next
	graphBorder = 8   // around the drawing
)

// graphPair is an edge by the places of its nodes.
type graphPair struct{ from, to int }

// columns puts each node as many columns to the right as it is steps away from
// one that nothing leads to; in a cycle that nothing leads to, from its first.
func (g *htmlGraph) columns(pairs []graphPair) {
	next := make([][]int, len(g.Nodes))
	led := make([]bool, len(g.Nodes))
	for _, p := range pairs {
		next[p.from] = append(next[p.from], p.to)
		led[p.to] = true
	}
	seen := make([]bool, len(g.Nodes))
	walk := func(queue []int) {
		for _, n := range queue {
			seen[n] = true
		}
		for ; len(queue) > 0; queue = queue[1:] {
			for _, to := range next[queue[0]] {
				if !seen[to] {
					seen[to] = true
					g.Nodes[to].column = g.Nodes[queue[0]].column + 1
					queue = append(queue, to)
				}
			}
		}
	}
	var first []int
	for n := range g.Nodes {
		if !led[n] {
			first = append(first, n)
		}
	}
	walk(first)
	for n := range g.Nodes {
		if !seen[n] {
			walk([]int{n})
		}
	}
}

// drawGraph lays a graph out. An edge to a node that is not there is left out.
func drawGraph(g *result.Graph) htmlGraph {
	out := htmlGraph{Title: g.Title}
	at := map[string]int{}
	for _, n := range g.Nodes {
		if _, twice := at[n.ID]; twice {
			continue
		}
		if len(out.Nodes) == graphNodes {
			out.More++
			continue
		}
		at[n.ID] = len(out.Nodes)
		v := htmlNode{Label: n.Label, Stroke: "#8492a6", Class: "node"}
		if n.Severity != nil {
			v.Stroke, v.Class = htmlFill(*n.Severity), "node "+n.Severity.String()
		}
		out.Nodes = append(out.Nodes, v)
	}
	var pairs []graphPair
	for _, e := range g.Edges {
		from, ok := at[e.From]
		to, okTo := at[e.To]
		if len(pairs) == graphEdges || !ok || !okTo {
			out.MoreEdges++
			continue
		}
		if from != to {
			pairs = append(pairs, graphPair{from, to})
			out.Edges = append(out.Edges, htmlEdge{From: out.Nodes[from].Label, To: out.Nodes[to].Label, Label: e.Label})
		}
	}
	out.columns(pairs)
	rows := map[int]int{}
	for i := range out.Nodes {
		n := &out.Nodes[i]
		n.row = rows[n.column]
		rows[n.column]++
		n.X, n.Y = graphBorder+n.column*graphAcross, graphBorder+n.row*graphDown
		n.TextX, n.TextY = n.X+10, n.Y+graphHigh/2+4
		out.Width, out.Height = max(out.Width, n.X+graphWide+graphBorder), max(out.Height, n.Y+graphHigh+graphBorder)
	}
	for i, p := range pairs {
		a, b, e := out.Nodes[p.from], out.Nodes[p.to], &out.Edges[i]
		e.X1, e.Y1, e.X2, e.Y2 = a.X+graphWide, a.Y+graphHigh/2, b.X, b.Y+graphHigh/2
		if b.column <= a.column { // back, around a cycle
			e.X1, e.X2 = a.X+graphWide/2, b.X+graphWide/2
		}
	}
	return out
}
