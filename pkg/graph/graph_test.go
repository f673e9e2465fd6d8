package graph_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/graph"
	"github.com/kustoms-dev/kustoms/pkg/internal/golden"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

func shop() *result.Graph {
	return &result.Graph{
		Name: "network", Target: "shop", Title: "Network of shop",
		Groups: []result.GraphGroup{{ID: "shop", Label: "namespace shop"}, {ID: "empty", Label: "nothing"}, {ID: "data", Label: "namespace data"}},
		Nodes: []result.GraphNode{
			{ID: "outside", Label: "outside", Style: result.GraphQuiet},
			{ID: "web", Group: "shop", Label: "deployment/web", Lines: []string{"2 more"}},
			{ID: "api", Group: "shop", Label: "deployment/api", Style: result.GraphGood},
			{ID: "db", Group: "data", Label: "statefulset/db", Style: result.GraphDanger},
		},
		Edges: []result.GraphEdge{
			{From: "outside", To: "web", Label: "TCP 8080", Style: result.GraphQuiet},
			{From: "web", To: "api", Label: "TCP 80"}, {From: "api", To: "db", Label: "all", Style: result.GraphDanger},
			{From: "db", To: "web"}, {From: "api", To: "api", Label: "all"}, {From: "api", To: "nowhere"},
		},
		Notes: []string{"layer 7 is not looked at"},
	}
}

func TestFormats(t *testing.T) {
	for _, f := range graph.Formats() {
		var b, again bytes.Buffer
		if err := errors.Join(f.Write(&b, shop()), f.Write(&again, shop())); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: two runs differ", f.Name)
		}
		golden.Check(t, "testdata/shop."+f.Name, b.Bytes())
	}
}

// A name that would close its place in any of the formats stays text.
func TestHostileNames(t *testing.T) {
	const name = "</text></title><script>alert(1)</script>\"]; x --> y %%{init: {}}%% \\\" ]]> \x00\x1b[31m\n\u202e&<"
	g := shop()
	g.Title, g.Notes = name, []string{name}
	for i := range g.Groups {
		g.Groups[i].Label = name
	}
	for i := range g.Nodes {
		g.Nodes[i].Label, g.Nodes[i].Lines = name, []string{name}
	}
	for i := range g.Edges {
		g.Edges[i].Label = name
	}
	for _, f := range graph.Formats() {
		var b bytes.Buffer
		if err := f.Write(&b, g); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		if strings.ContainsAny(out, "\x00\x1b\u202e") && f.Name != "json" {
			t.Errorf("%s: a control character got through", f.Name)
		}
		switch f.Name {
		case "svg":
			d := xml.NewDecoder(&b)
			for {
				tok, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("svg: %v", err)
				}
				if s, ok := tok.(xml.StartElement); ok && s.Name.Local == "script" {
					t.Error("svg: a script got in")
				}
			}
		case "html":
			if strings.Contains(out, "<script") {
				t.Error("html: a script got in")
			}
		case "mermaid":
			for l := range strings.Lines(out) {
				if strings.Contains(l, "%%{") || !strings.HasPrefix(l, "  %% ") && strings.Contains(l, `"]; x`) {
					t.Errorf("mermaid: a name is read as code: %s", l)
				}
			}
		case "dot":
			for l := range strings.Lines(out) {
				if n := strings.Count(strings.NewReplacer(`\\`, "", `\"`, "").Replace(l), `"`); n%2 != 0 {
					t.Errorf("dot: quotes do not close: %s", l)
				}
			}
		}
	}
}

// Boxes of a drawing do not overlap, whatever the arrows.
func TestHundredNodes(t *testing.T) {
	g := &result.Graph{Title: "hundred"}
	for i := range 5 {
		g.Groups = append(g.Groups, result.GraphGroup{ID: fmt.Sprint(i), Label: fmt.Sprint("ns ", i)})
	}
	for i := range 100 {
		g.Nodes = append(g.Nodes, result.GraphNode{ID: fmt.Sprint("n", i), Group: fmt.Sprint(i % 5), Label: fmt.Sprint("deployment/w", i)})
		g.Edges = append(g.Edges, result.GraphEdge{From: fmt.Sprint("n", i), To: fmt.Sprint("n", (i*7+3)%100)})
	}
	if a, b := graph.Overlaps(g); a >= 0 {
		t.Errorf("nodes %d and %d overlap", a, b)
	}
}
