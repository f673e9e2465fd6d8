package graph

import (
	"cmp"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Sizes of the drawing, in pixels.
const (
	charWidth  = 6.7 // of the 11 px font, on the wide side
	lineHeight = 15
	padding    = 8
	gapX       = 90 // between columns: room for the arrows and their labels
	gapY       = 14
	areaTop    = 24 // of a group, for its label
	areaGap    = 22
	margin     = 20
	titleTop   = 34
	maxColumns = 6
)

type box struct{ x, y, w, h float64 }

// drawing is where everything stands.
type drawing struct {
	w, h  float64
	nodes []box
	areas []box // of Groups; w is 0 for an empty one
}

// layout makes columns of nodes by their distance from where arrows start, and
// rows of groups. In a column of a group, nodes stand in the order of what they
// are joined to.
func layout(g *result.Graph) drawing {
	columns := layers(g)
	d := drawing{nodes: make([]box, len(g.Nodes)), areas: make([]box, len(g.Groups))}
	last := 0
	width := make([]float64, maxColumns)
	for i, n := range g.Nodes {
		b := &d.nodes[i]
		for _, l := range lines(n) {
			b.w = max(b.w, float64(len([]rune(l)))*charWidth)
		}
		b.w += 2 * padding
		b.h = float64(len(lines(n)))*lineHeight + padding
		width[columns[i]] = max(width[columns[i]], b.w)
		last = max(last, columns[i])
	}
	left := make([]float64, maxColumns)
	x := float64(margin + padding)
	for c := range last + 1 {
		left[c] = x
		x += width[c] + gapX
	}
	d.w = x - gapX + margin + padding
	in := members(g)
	y := float64(titleTop)
	row := func(nodes []int, top float64) float64 {
		bottom := top
		for c := range last + 1 {
			at := top
			for _, i := range ordered(g, nodes, columns, c, d.nodes) {
				b := &d.nodes[i]
				b.x, b.y = left[c]+(width[c]-b.w)/2, at
				at += b.h + gapY
			}
			bottom = max(bottom, at-gapY)
		}
		return bottom
	}
	if nodes := in[""]; len(nodes) > 0 {
		y = row(nodes, y) + areaGap
	}
	for k, a := range g.Groups {
		nodes := in[a.ID]
		if len(nodes) == 0 {
			continue
		}
		bottom := row(nodes, y+areaTop) + padding
		d.areas[k] = box{margin, y, d.w - 2*margin, bottom - y}
		y = bottom + areaGap
	}
	d.h = y
	return d
}

// ordered lists the nodes of a column by the middle height of what leads to
// them from what already stands, then as given.
func ordered(g *result.Graph, nodes, columns []int, c int, placed []box) []int {
	at := map[string]int{}
	for i, n := range g.Nodes {
		at[n.ID] = i
	}
	type item struct {
		node   int
		middle float64
	}
	var items []item
	index := map[int]int{}
	for _, i := range nodes {
		if columns[i] == c {
			index[i] = len(items)
			items = append(items, item{node: i})
		}
	}
	sum, n := make([]float64, len(items)), make([]float64, len(items))
	for _, e := range g.Edges {
		from, ok1 := at[e.From]
		to, ok2 := at[e.To]
		if !ok1 || !ok2 {
			continue
		}
		if k, ok := index[to]; ok && placed[from].y > 0 {
			sum[k], n[k] = sum[k]+placed[from].y, n[k]+1
		}
	}
	for k := range items {
		if n[k] > 0 {
			items[k].middle = sum[k] / n[k]
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(a.middle, b.middle) })
	out := make([]int, len(items))
	for k, it := range items {
		out[k] = it.node
	}
	return out
}

// layers gives each node its column: one more than the furthest of those that
// point to it, arrows that close a circle left out. Nodes without arrows are
// spread over the columns.
func layers(g *result.Graph) []int {
	at := map[string]int{}
	for i, n := range g.Nodes {
		at[n.ID] = i
	}
	next := make([][]int, len(g.Nodes))
	joined := make([]bool, len(g.Nodes))
	for _, e := range g.Edges {
		from, ok1 := at[e.From]
		to, ok2 := at[e.To]
		if ok1 && ok2 && from != to {
			next[from] = append(next[from], to)
			joined[from], joined[to] = true, true
		}
	}
	order := topological(next)
	column := make([]int, len(g.Nodes))
	rank := make([]int, len(g.Nodes))
	for k, i := range order {
		rank[i] = k
	}
	deepest := 0
	for _, i := range order {
		for _, j := range next[i] {
			if rank[j] > rank[i] {
				column[j] = min(max(column[j], column[i]+1), maxColumns-1)
				deepest = max(deepest, column[j])
			}
		}
	}
	if deepest == 0 {
		deepest = 3
	}
	alone := map[string]int{}
	for i, n := range g.Nodes {
		if !joined[i] {
			column[i] = alone[n.Group] % (deepest + 1)
			alone[n.Group]++
		}
	}
	return column
}

// topological orders nodes so that arrows lead on, but for those that close a
// circle; without recursion, as graphs may be deep.
func topological(next [][]int) []int {
	state := make([]int, len(next)) // next arrow to follow, plus one; -1 done
	var done []int
	for start := range next {
		if state[start] != 0 {
			continue
		}
		stack := []int{start}
		state[start] = 1
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			if k := state[i] - 1; k < len(next[i]) {
				state[i]++
				if j := next[i][k]; state[j] == 0 {
					state[j] = 1
					stack = append(stack, j)
				}
				continue
			}
			state[i] = -1
			done = append(done, i)
			stack = stack[:len(stack)-1]
		}
	}
	slices.Reverse(done)
	return done
}
