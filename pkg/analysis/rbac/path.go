package rbac

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Path is a way from one node to another, never empty.
type Path []Edge

// Path is a shortest way from the subject to the goal, nil if there is none. To
// other goals than cluster-admin there is none for who reaches that.
func (g *Graph) Path(from Subject, goal Node) Path {
	next := g.next[goal]
	i, ok := g.at[nodeOf(from)]
	if !ok {
		return nil
	}
	var out Path
	for g.Nodes[i] != goal {
		n, ok := next[i]
		if !ok {
			return nil
		}
		e := g.edges[i][n]
		out = append(out, e)
		i = e.to
	}
	return out
}

// Goals lists the goals of a kind that somebody reaches, by namespace.
func (g *Graph) Goals(kind NodeKind) []Node {
	var out []Node
	for _, n := range g.Nodes {
		if n.Kind == kind && n.Goal() {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b Node) int { return cmp.Compare(a.Namespace, b.Namespace) })
	return out
}

// Edges lists all edges, by the node that they come from.
func (g *Graph) Edges() []Edge { return slices.Concat(g.edges...) }

// search fills in next for the goal: breadth first, against the edges. One
// search serves all subjects, which one from each of them would not.
func (g *Graph) search(goal Node) {
	start, ok := g.at[goal]
	if !ok {
		return
	}
	admins := g.next[Node{Kind: ClusterAdmin}]
	next := map[int]int{}
	for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
		for _, b := range g.into[queue[0]] {
			_, seen := next[b.node]
			if _, admin := admins[b.node]; !seen && !admin && b.node != start {
				next[b.node] = b.edge
				queue = append(queue, b.node)
			}
		}
	}
	g.next[goal] = next
}

// String is "ServiceAccount/ops/web → ClusterRoleBinding/x → ClusterRole/y →
// create pods in \"ops\" → ServiceAccount/ops/deployer → …".
func (p Path) String() string {
	out := []string{p[0].From.String()}
	for _, e := range p {
		var held *Held
		for _, r := range e.Rights {
			if held != nil && *held == *r.Held {
				out[len(out)-1] += " and " + r.Words
				continue
			}
			held = r.Held
			out = append(out, r.via()...)
			out = append(out, r.String())
		}
		// Sets say nothing that the rights and the member do not.
		if e.To.Goal() && e.To.Kind != NamespaceAdmin || e.To.Kind == ServiceAccount || e.To.Kind == User || e.To.Kind == Group || e.To.Kind == HeldRole {
			out = append(out, e.To.String())
		}
	}
	return strings.Join(out, " → ")
}

// via names the binding, if it is there yet, and the role.
func (r Right) via() []string {
	if r.BindingName == "" {
		return nil
	}
	return []string{r.BindingKind + "/" + r.BindingName, r.Role.Kind + "/" + r.Role.Name}
}

// String says what it allows where.
func (r Right) String() string {
	if r.Scope == "" {
		return r.Words
	}
	return fmt.Sprintf("%s in %q", r.Words, r.Scope)
}

// At is where the right is written: the rule, else what refers to the role; ok
// is false where every cluster has both.
func (r Right) At() (at manifest.Place, ok bool) {
	switch {
	case r.Rule.Object() != nil:
		return r.Rule.Place, true
	case r.Binding != nil:
		return r.Binding.At("roleRef", "name"), true
	}
	return manifest.Place{}, false
}

// String names the node for people.
func (n Node) String() string {
	switch n.Kind {
	case ClusterAdmin:
		return "cluster-admin"
	case NamespaceAdmin:
		return "admin of namespace " + n.Namespace
	case AllSecrets:
		return "all secrets"
	case HeldRole:
		return n.Name
	case ServiceAccount:
		return "ServiceAccount/" + n.Namespace + "/" + n.Name
	case Accounts:
		return "any account" + n.of()
	case Running:
		return "accounts of running pods" + n.of()
	case Tokens:
		return "accounts with a token Secret" + n.of()
	}
	return string(n.Kind) + "/" + n.Name
}

func (n Node) of() string {
	if n.Namespace == "" {
		return ""
	}
	return " of namespace " + n.Namespace
}
