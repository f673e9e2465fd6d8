package report

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

func TestTrend(t *testing.T) {
	before, now := canonical(), canonical()
	before.Findings = before.Findings[:len(before.Findings)-4] // one of them a new critical
	now.Findings = now.Findings[1:]
	if trendOf([]*result.Report{now}) != nil {
		t.Error("one run has a trend")
	}
	runs := []*result.Report{empty()}
	for range 30 {
		runs = append(runs, before)
	}
	tr := trendOf(append(runs, now))
	if want := "Since the run before: 4 new findings, 1 gone."; tr.Text != want {
		t.Errorf("%q, want %q", tr.Text, want)
	}
	if n := len(tr.Runs); n != trendRuns || tr.Runs[n-1].Name != "now" || tr.Runs[n-2].Name != "-1" {
		t.Errorf("%d runs: %+v", n, tr.Runs)
	}
	for _, r := range tr.Runs {
		for i, c := range r.Parts {
			if c.Height < 1 || c.Y < trendTop || c.Y+c.Height > tr.Base || i > 0 && c.Y+c.Height != r.Parts[i-1].Y {
				t.Errorf("run %s: column %d is %+v", r.Name, i, c)
			}
		}
	}
	page := write(t, Format{Name: "html", Write: html{runs}}, now)
	if !bytes.Contains(page, []byte(tr.Text)) {
		t.Error("the page shows no trend")
	}
}

// A graph is drawn whatever it holds: cycles, twins, edges to nowhere, too much.
func TestGraph(t *testing.T) {
	g := &result.Graph{
		Title: "t",
		Nodes: []result.GraphNode{{ID: "a", Label: "A"}, {ID: "b", Label: "B"}, {ID: "c", Label: "C"}, {ID: "a", Label: "twin"}, {ID: "x", Label: "X"}, {ID: "y", Label: "Y"}},
		Edges: []result.GraphEdge{{From: "a", To: "b"}, {From: "b", To: "c"}, {From: "c", To: "b"}, {From: "a", To: "a"}, {From: "a", To: "nowhere"}, {From: "x", To: "y"}, {From: "y", To: "x"}},
	}
	d := drawGraph(g)
	if d.Nodes != 5 || len(d.Edges) != 6 || d.MoreEdges != 1 {
		t.Errorf("%d nodes, %d edges and %d left out, want 5, 6 and 1", d.Nodes, len(d.Edges), d.MoreEdges)
	}
	big := &result.Graph{}
	for i := range 2000 {
		big.Nodes = append(big.Nodes, result.GraphNode{ID: fmt.Sprint(i)})
		big.Edges = append(big.Edges, result.GraphEdge{From: "0", To: fmt.Sprint(i)}, result.GraphEdge{From: fmt.Sprint(i % 100), To: fmt.Sprint(i % 7)})
	}
	if d := drawGraph(big); d.Nodes != graphNodes || d.More != 2000-graphNodes || len(d.Edges) > graphEdges || d.MoreEdges == 0 {
		t.Errorf("%d nodes, %d left out, %d edges, %d left out", d.Nodes, d.More, len(d.Edges), d.MoreEdges)
	}
}

// docs/reports.md has a row for each format.
func TestReportsDoc(t *testing.T) {
	doc, err := os.ReadFile("../../docs/reports.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats() {
		if !strings.Contains(string(doc), "\n| `"+f.Name+"` |") {
			t.Errorf("docs/reports.md lacks a row for %s", f.Name)
		}
	}
}
