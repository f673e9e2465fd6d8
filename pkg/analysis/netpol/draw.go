package netpol

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Ends of arrows that are no workload.
const (
	outside = "outside" // the internet
	anyPod  = "any"     // every pod of the cluster
)

// Grapher draws the network of each target, an analyzer without rules.
type Grapher struct {
	// Policies leaves out targets without policies, in which all is open.
	Policies bool
}

// Name is the analyzer's name.
func (Grapher) Name() string { return "graph" }

// Rules is empty.
func (Grapher) Rules() []result.Rule { return nil }

// Analyze adds the target's graph, if it has workloads.
func (g Grapher) Analyze(_ context.Context, x *index.Index, sink *result.Sink) error {
	if len(x.Pods()) == 0 || g.Policies && len(All(x)) == 0 {
		return nil
	}
	sink.Graph(ReachOf(x).Draw(x))
	return nil
}

// arrow is an edge between ends, by their ids.
type arrow struct {
	from, to string
	label    string
	style    result.GraphStyle
}

// Draw makes the graph of who may reach whom at most. What is open to everyone
// is one arrow from everyone, and workloads that are reached and reach alike
// are one node.
func (r *Reach) Draw(x *index.Index) result.Graph {
	d := &drawer{reach: r, ids: map[*Class]string{}}
	for _, c := range r.Classes {
		if len(c.Pods) > 0 {
			d.ids[c] = fmt.Sprintf("w%d", len(d.classes))
			d.classes = append(d.classes, c)
		}
	}
	for _, to := range d.classes {
		d.into(to)
	}
	for _, from := range d.classes {
		d.out(from)
	}
	d.entries(x)
	g := result.Graph{
		Name: "network", Target: x.Target.Name, Title: "Who may reach whom in " + x.Target.Name,
		Notes: slices.Clone(r.Notes),
	}
	d.collapse(&g)
	if slices.ContainsFunc(d.arrows, func(a arrow) bool { return a.style == result.GraphQuiet && a.to != outside && a.from != outside }) {
		g.Notes = append(g.Notes, "broken arrows may be: what decides about them is not rendered")
	}
	return g
}

type drawer struct {
	reach   *Reach
	classes []*Class
	ids     map[*Class]string
	arrows  []arrow
}

func (d *drawer) add(from, to string, ports Ports, style result.GraphStyle) {
	if !ports.Empty() {
		d.arrows = append(d.arrows, arrow{from, to, ports.String(), style})
	}
}

// into adds the arrows that lead to a class: from everyone, from everyone of
// its namespace, and from those that reach more than these.
func (d *drawer) into(to *Class) {
	all := Ports{}
	local := Ports{}
	for _, c := range d.reach.Classes {
		switch {
		case !c.Stranger:
		case c.Namespace == "":
			all = d.reach.side(to, Ingress, Peer{Class: c}, AtMost, nil)
		case c.Namespace == to.Namespace:
			local = d.reach.side(to, Ingress, Peer{Class: c}, AtMost, nil)
		}
	}
	style := result.GraphStyle("")
	if all.Full() {
		style = result.GraphDanger
	}
	d.add(anyPod, d.ids[to], all, style)
	local = local.Minus(all)
	d.add("ns "+to.Namespace, d.ids[to], local, "")
	for _, from := range d.classes {
		known := all
		if from.Namespace == to.Namespace {
			known = all.Or(local)
		}
		limited := d.reach.Isolated(from, Egress)
		if limited && !d.reach.Isolated(to, Ingress) {
			known = known.And(d.anywhere(from)) // the node says so itself
		}
		if from == to && len(to.Pods) == 1 || !limited && known.Full() {
			continue
		}
		open := d.reach.Between(from, to, AtMost)
		if limited && d.reach.Isolated(to, Ingress) && !open.Empty() || !open.Minus(known).Empty() {
			style := result.GraphStyle("")
			if d.reach.Between(from, to, Surely).Empty() {
				style = result.GraphQuiet
			}
			d.add(d.ids[from], d.ids[to], open, style)
		}
	}
}

// anywhere is what the class may reach of every pod of the cluster.
func (d *drawer) anywhere(from *Class) Ports {
	for _, c := range d.reach.Classes {
		if c.Stranger && c.Namespace == "" {
			return d.reach.side(from, Egress, Peer{Class: c}, AtMost, nil)
		}
	}
	return Ports{}
}

// internet is what the class may reach of some address of the internet.
func (d *drawer) internet(from *Class) Ports {
	var open Ports
	for _, part := range d.reach.rangesOf(from, Egress) {
		if Public(part.Addr) {
			open = open.Or(d.reach.Out(from, Peer{Addr: part.Addr}, AtMost))
		}
	}
	return open
}

// out adds the arrow to the internet, but for what goes anywhere.
func (d *drawer) out(from *Class) {
	if d.reach.Isolated(from, Egress) {
		if open := d.internet(from); !open.Minus(d.anywhere(from)).Empty() {
			d.add(d.ids[from], outside, open, result.GraphQuiet)
		}
	}
}

// entries adds the ways in from outside: Services that are published, and
// routes.
func (d *drawer) entries(x *index.Index) {
	internet := Peer{Addr: netip.MustParseAddr("1.1.1.1")}
	lead := func(s *manifest.Object, port, by string, direct bool) {
		for _, pod := range route.Pods(x, s) {
			c := d.reach.ClassOf(pod)
			if c == nil {
				continue
			}
			for _, t := range route.Targets(s, port, pod) {
				a := arrow{outside, d.ids[c], fmt.Sprintf("%s → %s %d", by, t.Protocol, t.Number), ""}
				if direct && !d.reach.In(c, internet, AtMost).Has(protocolOr(t.Protocol)[0], t.Number) {
					a.label, a.style = a.label+" (closed by a policy)", result.GraphQuiet
				}
				d.arrows = append(d.arrows, a)
			}
		}
	}
	for _, o := range x.Objects {
		if t := o.At("spec", "type").Str(); o.Is("", "Service") && (t == "LoadBalancer" || t == "NodePort") {
			lead(o, "", t+" "+o.Key.Name, true)
		}
		for _, b := range route.Backends(x, o) {
			if s := x.Get("", "Service", b.Namespace, b.Name); s != nil {
				lead(s, b.Port.Str(), o.Key.Kind+" "+o.Key.Name, false)
			}
		}
	}
}

// collapse writes the nodes and edges, equal workloads as one node.
func (d *drawer) collapse(g *result.Graph) {
	arrowsOf := map[string][]string{}
	seen := map[arrow]bool{}
	d.arrows = slices.DeleteFunc(d.arrows, func(a arrow) bool {
		twice := seen[a]
		seen[a] = true
		return twice
	})
	for _, a := range d.arrows {
		arrowsOf[a.from] = append(arrowsOf[a.from], fmt.Sprintf("out %q %q %q", a.to, a.label, a.style))
		arrowsOf[a.to] = append(arrowsOf[a.to], fmt.Sprintf("in %q %q %q", a.from, a.label, a.style))
	}
	nodes := map[string]int{} // signature → of g.Nodes
	same := map[string]string{}
	groups := map[string]bool{}
	remarks := map[string]string{}
	put := func(id, group, label string, style result.GraphStyle) {
		same[id] = id
		g.Nodes = append(g.Nodes, result.GraphNode{ID: id, Group: group, Label: label, Style: style})
	}
	used := map[string]bool{}
	for _, a := range d.arrows {
		used[a.from], used[a.to] = true, true
	}
	if used[outside] {
		put(outside, "", "internet", result.GraphQuiet)
	}
	if used[anyPod] {
		put(anyPod, "", "any pod of the cluster", result.GraphQuiet)
	}
	order := slices.Clone(d.classes)
	slices.SortStableFunc(order, func(a, b *Class) int { return cmp.Compare(a.Namespace, b.Namespace) })
	for _, c := range order {
		id := d.ids[c]
		if !groups[c.Namespace] {
			groups[c.Namespace] = true
			g.Groups = append(g.Groups, result.GraphGroup{ID: c.Namespace, Label: "namespace " + c.Namespace})
			if used["ns "+c.Namespace] {
				put("ns "+c.Namespace, c.Namespace, "any pod of the namespace", result.GraphQuiet)
			}
		}
		in, out := d.reach.Isolated(c, Ingress), d.reach.Isolated(c, Egress)
		slices.Sort(arrowsOf[id])
		says := d.remark(c, in, out)
		k := fmt.Sprintf("%q %t %t %q %q", c.Namespace, in, out, says, arrowsOf[id])
		i, ok := nodes[k]
		if !ok {
			i = len(g.Nodes)
			nodes[k] = i
			put(id, c.Namespace, "", styleOf(c, in, out))
		}
		same[id] = g.Nodes[i].ID
		for _, p := range c.Pods {
			g.Nodes[i].Lines = append(g.Nodes[i].Lines, strings.ToLower(p.Object.Key.Kind)+"/"+p.Object.Key.Name)
		}
		remarks[g.Nodes[i].ID] = says
	}
	drawn := map[arrow]bool{}
	for _, a := range d.arrows {
		a.from, a.to = same[a.from], same[a.to]
		if a.from != "" && a.to != "" && !drawn[a] {
			drawn[a] = true
			g.Edges = append(g.Edges, result.GraphEdge{From: a.from, To: a.to, Label: a.label, Style: a.style})
		}
	}
	for i := range g.Nodes {
		if n := &g.Nodes[i]; n.Label == "" {
			n.Label = n.Lines[0]
			if len(n.Lines) > 1 {
				n.Label = fmt.Sprintf("%d workloads", len(n.Lines))
			} else {
				n.Lines = nil
			}
		}
		if text := remarks[g.Nodes[i].ID]; text != "" {
			g.Nodes[i].Lines = append(g.Nodes[i].Lines, text)
		}
	}
}

func styleOf(c *Class, in, out bool) result.GraphStyle {
	switch {
	case c.Host, !in && !out:
		return result.GraphDanger
	case in && out:
		return result.GraphGood
	}
	return ""
}

// remark says in which directions policies do not limit a workload.
func (d *drawer) remark(c *Class, in, out bool) string {
	switch anywhere := d.anywhere(c); {
	case c.Host:
		return "in the node's network: no policy reaches it"
	case !in && !out:
		return "no policy: open both ways"
	case !out:
		return "connects anywhere"
	case !in:
		return "open to everyone"
	case !anywhere.Empty():
		if anywhere.Minus(d.internet(c)).Empty() {
			return "to anywhere: " + anywhere.String()
		}
		return "to any pod: " + anywhere.String()
	}
	return ""
}
