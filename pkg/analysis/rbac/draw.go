package rbac

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Grapher draws the permissions of each target, an analyzer without rules.
type Grapher struct {
	// Bindings leaves out targets without bindings, where nobody holds anything.
	Bindings bool
}

// Name is the analyzer's name.
func (Grapher) Name() string { return "graph" }

// Rules is empty.
func (Grapher) Rules() []result.Rule { return nil }

// Analyze adds the target's graph, if it has workloads or bindings.
func (g Grapher) Analyze(_ context.Context, x *index.Index, sink *result.Sink) error {
	bindings := len(x.Kind(manifest.RBACGroup, "RoleBinding")) + len(x.Kind(manifest.RBACGroup, "ClusterRoleBinding"))
	if bindings == 0 && (g.Bindings || len(x.Pods()) == 0) {
		return nil
	}
	sink.Graph(Of(x).Draw())
	return nil
}

const roleLines = 4 // rules of a role that are written out

// drawn is a node before equal ones are made one.
type drawn struct {
	id, group, label string
	lines            []string
	style            result.GraphStyle
	out              map[string]string // id → label, of arrows that lead on
	danger           map[string]bool   // those that lead to power
}

type drawer struct {
	p     *Permissions
	nodes map[string]*drawn
	order []string
}

// Draw makes the graph of who holds which role of the target, and where that
// leads. Accounts are drawn with their workloads, and those that hold and reach
// the same are one node. What every cluster gives every account is left out.
func (p *Permissions) Draw() result.Graph {
	d := &drawer{p: p, nodes: map[string]*drawn{}}
	d.workloads()
	subjects := d.holders()
	for _, s := range subjects {
		d.leads(s)
	}
	g := result.Graph{Name: "rbac", Target: p.x.Target.Name, Title: "Who may do what in " + p.x.Target.Name}
	d.collapse(&g)
	if len(subjects) > 0 {
		g.Notes = append(g.Notes, "what Kubernetes' own bindings give to every account is left out")
	}
	return g
}

func (d *drawer) node(id, group, label string) *drawn {
	n := d.nodes[id]
	if n == nil {
		n = &drawn{id: id, group: group, label: label, out: map[string]string{}, danger: map[string]bool{}}
		d.nodes[id] = n
		d.order = append(d.order, id)
	}
	return n
}

func (d *drawer) subject(s Subject) *drawn {
	label := strings.ToLower(s.Kind) + " " + s.Name
	if s.Kind == "ServiceAccount" {
		label = "account " + s.Name
	}
	return d.node(nodeOf(s).String(), s.Namespace, label)
}

// workloads writes the pods to the accounts whose tokens they hold.
func (d *drawer) workloads() {
	for _, pod := range d.p.x.Pods() {
		name := strings.ToLower(pod.Object.Key.Kind) + "/" + pod.Object.Key.Name
		accounts := d.p.Accounts(pod)
		for _, a := range accounts {
			n := d.subject(a.Subject)
			n.lines = append(n.lines, name)
		}
		if len(accounts) == 0 {
			ns := d.p.x.Namespace(pod.Object)
			n := d.node("no token "+ns, ns, "without a token")
			n.style = result.GraphGood
			n.lines = append(n.lines, name)
		}
	}
}

// holders draws the subjects of the target's bindings and the roles that they
// hold, and lists them.
func (d *drawer) holders() []Subject {
	var subjects []Subject
	for s, held := range d.p.held {
		if slices.ContainsFunc(held, func(h *Held) bool { return h.Binding != nil }) {
			subjects = append(subjects, s)
		}
	}
	slices.SortFunc(subjects, func(a, b Subject) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	for _, s := range subjects {
		n := d.subject(s)
		if s.Kind != "ServiceAccount" {
			n.style = result.GraphQuiet
		}
		for _, h := range d.p.held[s] {
			if h.Binding == nil {
				continue
			}
			// A ClusterRole stands in the namespace that it is bound in: there it
			// holds, and arrows stay short.
			where := "everywhere"
			switch h.Namespace {
			case "":
			case s.Namespace:
				where = "here"
			default:
				where = "in " + h.Namespace
			}
			role := d.node(h.Role.Kind+"/"+h.Namespace+"/"+h.Role.Name, h.Namespace, h.Role.Kind+"/"+h.Role.Name)
			if role.lines == nil {
				role.lines = ruleLines(h.Role)
			}
			n.out[role.id] = where
		}
	}
	return subjects
}

// ruleLines are the rules of a role in words: "get, list: pods, secrets".
func ruleLines(role *Role) []string {
	out := []string{}
	if role.Object == nil {
		out = append(out, "every cluster has it")
	}
	for i, r := range role.Rules {
		if i == roleLines && len(role.Rules) > roleLines+1 {
			return append(out, fmt.Sprintf("and %d more rules", len(role.Rules)-i))
		}
		what := slices.Concat(r.Resources, r.URLs)
		verbs := strings.Join(r.Verbs, ", ")
		if slices.Contains(r.Verbs, "*") {
			verbs = "everything"
		}
		line := verbs + ": " + some(what, 4)
		if len(r.Names) > 0 {
			line += " " + some(r.Names, 2)
		}
		out = append(out, line)
	}
	return out
}

func some(names []string, n int) string {
	if len(names) > n+1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:n], ", "), len(names)-n)
	}
	return strings.Join(names, ", ")
}

// leads draws the shortest paths of a subject to the goals, its techniques as
// arrows that stand out.
func (d *drawer) leads(s Subject) {
	g := d.p.Graph()
	for _, goal := range slices.Concat([]Node{{Kind: ClusterAdmin}}, g.Goals(NamespaceAdmin), g.Goals(AllSecrets)) {
		for _, e := range g.Path(s, goal) {
			from, to := d.place(e.From), d.place(e.To)
			from.out[to.id], from.danger[to.id] = e.Technique, true
			if e.To.Goal() {
				to.style = result.GraphDanger
			}
		}
	}
}

// place is the node of the picture for one of the graph.
func (d *drawer) place(n Node) *drawn {
	switch n.Kind {
	case ServiceAccount, User, Group:
		return d.subject(Subject{string(n.Kind), n.Namespace, n.Name})
	case HeldRole:
		return d.node(n.Name+" "+n.Namespace, "", n.Name)
	}
	out := d.node(n.String(), n.Namespace, n.String())
	if !n.Goal() {
		out.style = result.GraphQuiet
	}
	return out
}

// collapse writes nodes and edges, equal accounts and equal roles as one node.
func (d *drawer) collapse(g *result.Graph) {
	in := map[string][]string{}
	for _, id := range d.order {
		for to, label := range d.nodes[id].out {
			in[to] = append(in[to], id+" "+label)
		}
	}
	same := map[string]string{} // id → of the node that stands for it
	as := map[string]*drawn{}   // signature →
	members := map[string][]*drawn{}
	for _, id := range d.order {
		n := d.nodes[id]
		slices.Sort(in[id])
		var out []string
		for _, to := range slices.Sorted(maps.Keys(n.out)) {
			out = append(out, to+" "+n.out[to])
		}
		k := fmt.Sprintf("%q %q %q %q", n.group, n.style, in[id], out)
		if strings.Contains(n.label, "/") { // roles, by what they allow
			k += fmt.Sprintf(" role %q", n.lines)
		}
		if as[k] == nil || len(in[id])+len(out) == 0 && !account(n) {
			as[k] = n
		}
		same[id] = as[k].id
		members[as[k].id] = append(members[as[k].id], n)
	}
	groups := map[string]bool{}
	order := slices.Clone(d.order)
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(d.nodes[a].group, d.nodes[b].group) })
	for _, id := range order {
		n := d.nodes[id]
		if same[id] != id {
			continue
		}
		if n.group != "" && !groups[n.group] {
			groups[n.group] = true
			g.Groups = append(g.Groups, result.GraphGroup{ID: n.group, Label: "namespace " + n.group})
		}
		g.Nodes = append(g.Nodes, together(n, members[id], len(in[id])))
	}
	drawnEdges := map[result.GraphEdge]bool{}
	for _, id := range order {
		for _, to := range slices.Sorted(maps.Keys(d.nodes[id].out)) {
			n := d.nodes[id]
			e := result.GraphEdge{From: same[id], To: same[to], Label: n.out[to]}
			if n.danger[to] {
				e.Style = result.GraphDanger
			}
			if !drawnEdges[e] {
				drawnEdges[e] = true
				g.Edges = append(g.Edges, e)
			}
		}
	}
}

func account(n *drawn) bool { return strings.HasPrefix(n.label, "account ") }

// together is the node of members that are equal.
func together(n *drawn, members []*drawn, in int) result.GraphNode {
	out := result.GraphNode{ID: n.id, Group: n.group, Label: n.label, Lines: n.lines, Style: n.style}
	if account(n) && len(n.out) == 0 && in == 0 {
		out.Style = result.GraphGood
	}
	if len(members) > 1 {
		out.Lines = nil
		kind, _, _ := strings.Cut(n.label, " ")
		if !account(n) {
			kind, _, _ = strings.Cut(n.label, "/")
		}
		out.Label = fmt.Sprintf("%d × %s", len(members), kind)
		for _, m := range members {
			line := strings.TrimPrefix(strings.TrimPrefix(m.label, kind+" "), kind+"/")
			if account(m) && len(m.lines) > 0 {
				line += ": " + some(m.lines, 2)
			}
			out.Lines = append(out.Lines, line)
		}
	}
	if account(n) && len(n.out) == 0 {
		out.Label += ", holds no role"
	}
	return out
}
