package graph

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Mermaid writes a flowchart, as Markdown of GitHub and GitLab shows it.
func Mermaid(w io.Writer, g *result.Graph) error {
	var b bytes.Buffer
	id, in := ids(g), members(g)
	b.WriteString("flowchart LR\n")
	for _, note := range append([]string{g.Title}, g.Notes...) {
		fmt.Fprintf(&b, "  %%%% %s\n", mermaidComment.Replace(flat(note)))
	}
	node := func(indent string, i int) {
		n := g.Nodes[i]
		var text []string
		for _, l := range lines(n) {
			text = append(text, mermaidText(l))
		}
		fmt.Fprintf(&b, "%s%s[\"%s\"]%s\n", indent, id[n.ID], strings.Join(text, "<br>"), mermaidClass(style(n)))
	}
	for _, i := range in[""] {
		node("  ", i)
	}
	for k, a := range g.Groups {
		fmt.Fprintf(&b, "  subgraph g%d[\"%s\"]\n", k, mermaidText(clip(a.Label)))
		for _, i := range in[a.ID] {
			node("    ", i)
		}
		b.WriteString("  end\n")
	}
	for _, e := range g.Edges {
		from, to := id[e.From], id[e.To]
		if from == "" || to == "" {
			continue
		}
		arrow := map[result.GraphStyle]string{result.GraphDanger: "==>", result.GraphQuiet: "-.->"}[e.Style]
		if arrow == "" {
			arrow = "-->"
		}
		label := ""
		if e.Label != "" {
			label = fmt.Sprintf("|\"%s\"|", mermaidText(clip(e.Label)))
		}
		fmt.Fprintf(&b, "  %s %s%s %s\n", from, arrow, label, to)
	}
	for _, s := range [...]result.GraphStyle{result.GraphDanger, result.GraphGood, result.GraphQuiet} {
		c := colours[s]
		fmt.Fprintf(&b, "  classDef %s fill:%s,stroke:%s\n", s, c.fill, c.line)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// mermaidComment takes out what would make a comment a directive.
var mermaidComment = strings.NewReplacer("{", "(", "}", ")", "%", " ")

func mermaidClass(s result.GraphStyle) string {
	if _, ok := colours[s]; ok && s != "" {
		return ":::" + string(s)
	}
	return ""
}

// mermaidText writes all but letters, digits and harmless punctuation as
// Mermaid's character codes.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" /-_.,:+", r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}

// DOT writes a digraph for Graphviz.
func DOT(w io.Writer, g *result.Graph) error {
	var b bytes.Buffer
	id, in := ids(g), members(g)
	fmt.Fprintf(&b, "digraph %s {\n  rankdir=LR;\n  label=%s;\n  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n", dotText(g.Name), dotText(title(g)))
	node := func(indent string, i int) {
		n := g.Nodes[i]
		c := colours[style(n)]
		fmt.Fprintf(&b, "%s%s [label=%s, fillcolor=%q, color=%q];\n", indent, id[n.ID], dotText(strings.Join(lines(n), "\n")), c.fill, c.line)
	}
	for _, i := range in[""] {
		node("  ", i)
	}
	for k, a := range g.Groups {
		fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s;\n", k, dotText(clip(a.Label)))
		for _, i := range in[a.ID] {
			node("    ", i)
		}
		b.WriteString("  }\n")
	}
	for _, e := range g.Edges {
		if id[e.From] != "" && id[e.To] != "" {
			fmt.Fprintf(&b, "  %s -> %s [label=%s, color=%q];\n", id[e.From], id[e.To], dotText(clip(e.Label)), colours[e.Style].line)
		}
	}
	b.WriteString("}\n")
	_, err := w.Write(b.Bytes())
	return err
}

func title(g *result.Graph) string {
	out := flat(g.Title)
	for _, n := range g.Notes {
		out += "\n" + flat(n)
	}
	return out
}

// dotText quotes: backslashes would start an escape, and a line break is one.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
