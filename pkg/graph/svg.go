package graph

import (
	"bytes"
	"fmt"
	"html"
	"io"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

type colour struct{ fill, line string }

// colours are readable in print and by those who do not tell red from green:
// danger is also drawn with a thicker line, quiet with a broken one.
var colours = map[result.GraphStyle]colour{
	"":                 {"#eef3fb", "#3b5b8c"},
	result.GraphDanger: {"#fdecea", "#b3261e"},
	result.GraphGood:   {"#e8f5ea", "#2e6b37"},
	result.GraphQuiet:  {"#f4f4f2", "#77746c"},
}

// SVG writes the drawing.
func SVG(w io.Writer, g *result.Graph) error {
	_, err := io.WriteString(w, Draw(g))
	return err
}

// Draw draws the graph as SVG that may stand in a page: with nothing from
// outside, no script, and every name escaped.
func Draw(g *result.Graph) string {
	d := layout(g)
	notes := g.Notes
	top := d.h
	d.h += float64(len(notes))*lineHeight + margin
	d.w = max(d.w, float64(len([]rune(g.Title)))*charWidth*1.3+2*margin)
	for _, n := range notes {
		d.w = max(d.w, float64(len([]rune(flat(n))))*charWidth+2*margin)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="11" role="img">`, d.w, d.h, d.w, d.h)
	fmt.Fprintf(&b, "\n<title>%s</title>\n", text(flat(g.Title)))
	b.WriteString(`<defs>`)
	for _, s := range [...]result.GraphStyle{"", result.GraphDanger, result.GraphGood, result.GraphQuiet} {
		fmt.Fprintf(&b, `<marker id="%s" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="%s"/></marker>`, marker(s), colours[s].line)
	}
	b.WriteString("</defs>\n")
	fmt.Fprintf(&b, "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n<text x=\"%d\" y=\"22\" font-size=\"14\" font-weight=\"bold\" fill=\"#222\">%s</text>\n", margin, text(flat(g.Title)))
	for k, a := range g.Groups {
		if r := d.areas[k]; r.w > 0 {
			fmt.Fprintf(&b, "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" rx=\"8\" fill=\"#fafaf8\" stroke=\"#c9c6bd\"/><text x=\"%.0f\" y=\"%.0f\" font-weight=\"bold\" fill=\"#555\">%s</text>\n",
				r.x, r.y, r.w, r.h, r.x+padding, r.y+16, text(clip(a.Label)))
		}
	}
	edges(&b, g, d)
	for i, n := range g.Nodes {
		r, c := d.nodes[i], colours[style(n)]
		fmt.Fprintf(&b, `<g><rect x="%.0f" y="%.0f" width="%.0f" height="%.0f" rx="5" fill="%s" stroke="%s"%s/>`, r.x, r.y, r.w, r.h, c.fill, c.line, stroke(style(n)))
		for k, l := range lines(n) {
			weight, fill := "", "#555"
			if k == 0 {
				weight, fill = ` font-weight="bold"`, "#222"
			}
			fmt.Fprintf(&b, `<text x="%.0f" y="%.0f"%s fill="%s">%s</text>`, r.x+padding, r.y+float64(k)*lineHeight+lineHeight, weight, fill, text(l))
		}
		b.WriteString("</g>\n")
	}
	for k, n := range notes {
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%.0f\" fill=\"#555\">%s</text>\n", margin, top+float64(k+1)*lineHeight, text(flat(n)))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// edges draws arrows, then their labels over all of them. Arrows leave and
// arrive spread over the side of a node.
func edges(b *bytes.Buffer, g *result.Graph, d drawing) {
	at := map[string]int{}
	for i, n := range g.Nodes {
		at[n.ID] = i
	}
	out, in := make([]int, len(g.Nodes)), make([]int, len(g.Nodes))
	each := func(f func(e result.GraphEdge, from, to int)) {
		for _, e := range g.Edges {
			from, ok1 := at[e.From]
			to, ok2 := at[e.To]
			if ok1 && ok2 {
				f(e, from, to)
			}
		}
	}
	each(func(_ result.GraphEdge, from, to int) { out[from]++; in[to]++ })
	nth, mth := make([]int, len(g.Nodes)), make([]int, len(g.Nodes))
	var labels bytes.Buffer
	each(func(e result.GraphEdge, from, to int) {
		s, t := d.nodes[from], d.nodes[to]
		nth[from]++
		mth[to]++
		y1 := s.y + s.h*float64(nth[from])/float64(out[from]+1)
		y2 := t.y + t.h*float64(mth[to])/float64(in[to]+1)
		x1, x2, bend := s.x+s.w, t.x, 0.45*gapX
		if x2 <= x1 { // back, or within a column: around the right-hand sides
			x2 = t.x + t.w
			fmt.Fprintf(b, `<path d="M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f"`, x1, y1, max(x1, x2)+bend, y1, max(x1, x2)+bend, y2, x2, y2)
		} else {
			bend = max(bend, (x2-x1)/3)
			fmt.Fprintf(b, `<path d="M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f"`, x1, y1, x1+bend, y1, x2-bend, y2, x2, y2)
		}
		fmt.Fprintf(b, " fill=\"none\" stroke=\"%s\"%s marker-end=\"url(#%s)\"><title>%s</title></path>\n", colours[e.Style].line, stroke(e.Style), marker(e.Style),
			text(clip(g.Nodes[from].Label)+" → "+clip(g.Nodes[to].Label)+": "+clip(e.Label)))
		if e.Label == "" {
			return
		}
		// Close to where the arrow arrives: those that leave one node share
		// their first stretch.
		anchor, x := "end", x2-10
		if t.x <= s.x+s.w {
			anchor, x = "start", x2+12
		}
		fmt.Fprintf(&labels, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"9\" fill=\"%s\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\">%s</text>\n", x, y2-3, anchor, colours[e.Style].line, text(clip(e.Label)))
	})
	b.Write(labels.Bytes())
}

func stroke(s result.GraphStyle) string {
	switch s {
	case result.GraphDanger:
		return ` stroke-width="2"`
	case result.GraphQuiet:
		return ` stroke-dasharray="4 3"`
	}
	return ""
}

// marker names an arrow's head. A page may hold several drawings, which share
// the names, and equal ones.
func marker(s result.GraphStyle) string {
	if s == "" {
		s = "plain"
	}
	return "kustoms-arrow-" + string(s)
}

func text(s string) string { return html.EscapeString(s) }

// HTML writes a page that holds the drawing and nothing else.
func HTML(w io.Writer, g *result.Graph) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>%s</title>
<style>body{margin:0}</style>
</head>
<body>
`, text(flat(g.Title)))
	b.WriteString(Draw(g))
	b.WriteString("</body>\n</html>\n")
	_, err := w.Write(b.Bytes())
	return err
}
