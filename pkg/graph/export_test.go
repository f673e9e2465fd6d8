package graph

import "github.com/kustoms-dev/kustoms/pkg/result"

// Overlaps gives two nodes that are drawn over each other, or -1.
func Overlaps(g *result.Graph) (int, int) {
	d := layout(g)
	for i, a := range d.nodes {
		for j, b := range d.nodes[:i] {
			if a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h {
				return i, j
			}
		}
	}
	return -1, -1
}
