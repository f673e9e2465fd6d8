package rbac

import (
	"maps"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
)

// NodeKind is what a node of the graph stands for.
type NodeKind string

// The kinds of node. Subjects are named as bindings name them. Sets keep the
// graph linear: who may run a pod in a namespace leads to one node, not to
// every account there.
const (
	ServiceAccount NodeKind = "ServiceAccount"
	User           NodeKind = "User"
	Group          NodeKind = "Group"
	HeldRole       NodeKind = "Role"     // a role that somebody may bind to himself; Name is "ClusterRole/x"
	Accounts       NodeKind = "Accounts" // any account of the namespace, or of all
	Running        NodeKind = "Running"  // the accounts whose tokens running pods hold
	Tokens         NodeKind = "Tokens"   // the accounts with a token Secret

	ClusterAdmin   NodeKind = "ClusterAdmin"
	NamespaceAdmin NodeKind = "NamespaceAdmin"
	AllSecrets     NodeKind = "AllSecrets"
)

// Node is a subject, a set of subjects, or a goal. Namespace "" is the whole
// cluster where the kind allows it.
type Node struct {
	Kind            NodeKind
	Namespace, Name string
}

func nodeOf(s Subject) Node { return Node{NodeKind(s.Kind), s.Namespace, s.Name} }

// Goal reports whether the node is one.
func (n Node) Goal() bool {
	return n.Kind == ClusterAdmin || n.Kind == NamespaceAdmin || n.Kind == AllSecrets
}

// Edge says that whoever is at one node may get to another. Technique is "" from
// a set to its members, and from a subject to its groups.
type Edge struct {
	From, To  Node
	Technique string
	// Rights are what the technique takes, each with the grant that gives it.
	Rights []Right

	to int
}

// Right is a part of a grant that a technique uses.
type Right struct {
	Grant
	Words string // "create pods"
	// Scope is the namespace where it is used, "" for the whole cluster.
	Scope string
}

// Graph is who may become whom in one target. Immutable once built.
type Graph struct {
	Nodes []Node
	at    map[Node]int
	edges [][]Edge // by node
	into  [][]back // the same against their direction
	// next is, for a goal, the edge to take from each node that reaches it.
	// Whoever reaches cluster-admin is left out of those to other goals.
	next map[Node]map[int]int
}

// back is an edge by its end: the node that it comes from, and its number there.
type back struct{ node, edge int }

// builder makes a graph from the accounts of workloads outwards.
type builder struct {
	x     *index.Index
	p     *Permissions
	g     *Graph
	queue []int
	seen  map[[2]int]bool // edges
	// accounts that hold something, the accounts of running pods, and those
	// with token Secrets, by namespace.
	accounts, running, secrets map[string][]holder
}

// holder is an account with the pod or Secret that leads to it.
type holder struct {
	Subject
	via string
}

func newGraph(p *Permissions) *Graph {
	b := &builder{
		x: p.x, p: p, g: &Graph{at: map[Node]int{}, next: map[Node]map[int]int{}}, seen: map[[2]int]bool{},
		accounts: map[string][]holder{}, running: map[string][]holder{}, secrets: map[string][]holder{},
	}
	for s, held := range p.held {
		if s.Kind == "ServiceAccount" && slices.ContainsFunc(held, func(h *Held) bool { return len(h.Role.rights) > 0 }) {
			b.accounts[s.Namespace] = append(b.accounts[s.Namespace], holder{Subject: s})
		}
		if ns, ok := strings.CutPrefix(s.Name, "system:serviceaccounts:"); ok && s.Kind == "Group" && b.accounts[ns] == nil {
			b.accounts[ns] = []holder{}
		}
	}
	for _, hs := range b.accounts {
		slices.SortFunc(hs, func(a, b holder) int { return strings.Compare(a.Name, b.Name) })
	}
	for _, o := range p.x.Kind("", "Secret") {
		ns := p.x.Namespace(o)
		if s, ok := tokenOf(o, ns); ok {
			b.secrets[ns] = append(b.secrets[ns], holder{s, o.Key.Name})
		}
	}
	b.node(nodeOf(Subject{Kind: "Group", Name: "system:unauthenticated"}))
	for _, pod := range p.x.Pods() {
		for _, a := range p.Accounts(pod) {
			b.node(nodeOf(a.Subject))
			if !pod.Object.Is("", "PodTemplate") {
				ns := p.x.Namespace(pod.Object)
				b.running[ns] = append(b.running[ns], holder{a.Subject, pod.Object.Key.Name})
			}
		}
	}
	for len(b.queue) > 0 {
		i := b.queue[0]
		b.queue = b.queue[1:]
		b.expand(i)
	}
	b.g.into = make([][]back, len(b.g.Nodes))
	for i, es := range b.g.edges {
		for j, e := range es {
			b.g.into[e.to] = append(b.g.into[e.to], back{i, j})
		}
	}
	b.g.search(Node{Kind: ClusterAdmin})
	for _, n := range b.g.Nodes {
		if n.Goal() && n.Kind != ClusterAdmin {
			b.g.search(n)
		}
	}
	return b.g
}

// node is the number of the node, which is expanded later if it is new.
func (b *builder) node(n Node) int {
	i, ok := b.g.at[n]
	if !ok {
		i = len(b.g.Nodes)
		b.g.at[n] = i
		b.g.Nodes = append(b.g.Nodes, n)
		b.g.edges = append(b.g.edges, nil)
		b.queue = append(b.queue, i)
	}
	return i
}

func (b *builder) edge(from int, to Node, technique string, rights []Right) {
	i := b.node(to)
	if k := [2]int{from, i}; i != from && !b.seen[k] {
		b.seen[k] = true
		b.g.edges[from] = append(b.g.edges[from], Edge{From: b.g.Nodes[from], To: to, Technique: technique, Rights: rights, to: i})
	}
}

func (b *builder) expand(i int) {
	n := b.g.Nodes[i]
	switch n.Kind {
	case ServiceAccount, User, Group:
		s := Subject{string(n.Kind), n.Namespace, n.Name}
		held := slices.Clone(b.p.held[s])
		for _, g := range s.Groups() {
			held = append(held, b.p.held[g]...)
		}
		b.claims(i, held)
	case HeldRole:
		kind, name, _ := strings.Cut(n.Name, "/")
		if r := b.p.Role(kind, n.Namespace, name); r != nil {
			b.claims(i, []*Held{{Role: r, Namespace: n.Namespace}})
		}
	case NamespaceAdmin:
		b.edge(i, Node{Kind: Accounts, Namespace: n.Namespace}, "runs a pod under another account", nil)
	case AllSecrets:
		b.members(i, Tokens, "", b.secrets)
	case Accounts:
		if n.Namespace != "" {
			b.edge(i, nodeOf(Subject{Kind: "Group", Name: "system:serviceaccounts:" + n.Namespace}), "", nil)
		}
		b.members(i, n.Kind, n.Namespace, b.accounts)
	case Running:
		b.members(i, n.Kind, n.Namespace, b.running)
	case Tokens:
		b.members(i, n.Kind, n.Namespace, b.secrets)
	}
}

// members leads from the set of a namespace to its accounts, and from the set
// of the cluster to those of its namespaces.
func (b *builder) members(i int, kind NodeKind, namespace string, of map[string][]holder) {
	if namespace != "" {
		for _, h := range of[namespace] {
			b.edge(i, nodeOf(h.Subject), "", nil)
		}
		return
	}
	for _, ns := range slices.Sorted(maps.Keys(of)) {
		b.edge(i, Node{Kind: kind, Namespace: ns}, "", nil)
	}
}

// named are accounts of the scope by name.
func (b *builder) named(scope string, names []string) []Node {
	var out []Node
	namespaces := []string{scope}
	if scope == "" {
		namespaces = slices.Sorted(maps.Keys(b.accounts))
	}
	for _, ns := range namespaces {
		for _, n := range names {
			out = append(out, Node{ServiceAccount, ns, n})
		}
	}
	return out
}

// runningNamed are the accounts of the pods of the scope by a pod's name, which
// for most starts with its workload's.
func (b *builder) runningNamed(scope string, names []string) []Node {
	return pick(b.running, scope, func(h holder) bool {
		return slices.ContainsFunc(names, func(n string) bool { return n == h.via || strings.HasPrefix(n, h.via+"-") })
	})
}

// tokens are the accounts of token Secrets of the scope by the Secret's name.
func (b *builder) tokens(scope string, names []string) []Node {
	return pick(b.secrets, scope, func(h holder) bool { return slices.Contains(names, h.via) })
}

func pick(of map[string][]holder, scope string, want func(holder) bool) []Node {
	var out []Node
	for _, ns := range slices.Sorted(maps.Keys(of)) {
		for _, h := range of[ns] {
			if (scope == "" || scope == ns) && want(h) {
				out = append(out, nodeOf(h.Subject))
			}
		}
	}
	return out
}

// claims tries every technique on a holder of roles: for the whole cluster, and
// for each namespace in which it holds something itself.
func (b *builder) claims(i int, held []*Held) {
	held = slices.DeleteFunc(held, func(h *Held) bool { return len(h.Role.rights) == 0 })
	if len(held) == 0 {
		return
	}
	sum := map[string]ruleRights{}
	for _, h := range held {
		s := sum[h.Namespace]
		for _, r := range h.Role.rights {
			s.all |= r.all
			s.named |= r.named
		}
		sum[h.Namespace] = s
	}
	scopes := slices.Sorted(maps.Keys(sum))
	if _, ok := sum[""]; ok && !slices.Contains(scopes, "kube-system") {
		scopes = append(scopes, "kube-system") // for techniques within it
	}
	whole := sum[""]
	for t := range techniques {
		tech := &techniques[t]
		for _, scope := range scopes {
			here := ruleRights{all: whole.all | sum[scope].all, named: whole.named | sum[scope].named}
			own := sum[scope].all | sum[scope].named
			switch {
			case scope != "" && (tech.cluster || tech.within != "" && tech.within != scope):
				continue
			case scope == "" && tech.within != "":
				continue
			case tech.within != scope && scope != "" && !slices.ContainsFunc(tech.all, func(m mask) bool { return own&m != 0 }):
				continue // the whole cluster's claim says it
			case slices.ContainsFunc(tech.all, func(m mask) bool { return (here.all|here.named)&m == 0 }):
				continue
			}
			c := claim{technique: tech, scope: scope, held: held}
			var used []Right
			for n, m := range tech.all {
				r, names := find(held, scope, m)
				used = append(used, r)
				if n == 0 {
					c.names = names
				}
			}
			for _, to := range tech.reach(b, c) {
				b.edge(i, to, tech.name, used)
			}
		}
	}
}

// find is a grant with one of the rights in the scope, the least limited first;
// names are those of all such grants where none is unlimited.
func find(held []*Held, scope string, m mask) (first Right, names []string) {
	for _, limited := range [...]bool{false, true} {
		found := false
		for _, h := range held {
			if h.Namespace != "" && h.Namespace != scope {
				continue
			}
			for _, r := range h.Role.rights {
				has := r.all & m
				if limited {
					has = r.named & m
				}
				if has == 0 {
					continue
				}
				if !found {
					found = true
					word, _ := words(r.rule, has&-has)
					first = Right{Grant{h, *r.rule}, word, scope}
				}
				if !limited {
					return first, nil
				}
				names = append(names, r.rule.Names...)
			}
		}
		if found {
			break
		}
	}
	slices.Sort(names)
	return first, slices.Compact(names)
}
