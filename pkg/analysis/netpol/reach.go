package netpol

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Reach is who may reach whom under all policies of a target. Pods that no
// policy tells apart are one class, so that questions are asked of pairs of
// classes. Traffic from a pod to itself, which no policy stops, is left out.
//
// What a policy says and cannot be known (labels of namespaces that are not
// rendered, layer 7, domain names) leaves two answers: what may be open at
// most, and what surely is. Notes says what was not understood.
type Reach struct {
	Classes []*Class
	Notes   []string

	endpoints []*endpoint
	classOf   map[*manifest.Object]*Class
	tiers     []tier
	plain     []Range          // without any block
	servers   []*Class         // of DNS, the cluster's and the target's
	applied   [2][][]*compiled // by direction and endpoint, in order of evaluation
}

// Class is a set of pod templates that are reached, and reach, alike.
type Class struct {
	Namespace string
	Pods      []manifest.Pod // none for a stranger
	// Host says that they are in their nodes' network, where no policy reaches.
	Host bool
	// Stranger marks a pod that is not there but could come: one without
	// labels, of a namespace of the target or of another ("").
	Stranger bool
	// DNS marks the cluster's name servers, which are there as a rule.
	DNS bool

	id    int // of an endpoint that stands for it
	parts [2][]Range
}

// Name is what people call the class: its first workload, or what it stands
// for.
func (c *Class) Name() string {
	switch {
	case c.DNS:
		return "the cluster's DNS"
	case c.Stranger && c.Namespace == "":
		return "any pod of other namespaces"
	case c.Stranger:
		return "any pod of namespace \"" + c.Namespace + "\""
	}
	return c.Pods[0].Object.String()
}

// Peer is the other side of a connection: a class, the nodes, or an address
// outside.
type Peer struct {
	Class *Class
	Nodes bool
	Addr  netip.Addr
}

// Mode says which of the two answers is meant.
type Mode bool

// The modes.
const (
	AtMost Mode = false // what cannot be known counts as allowing
	Surely Mode = true
)

// Step is a rule, or the end of a tier, that decided about ports.
type Step struct {
	Policy  Policy
	At      manifest.Place // the rule; the policy's spec where isolation itself decided
	Allowed bool
	Passed  bool // on to the next tier
	Ports   Ports
}

// otherNamespace is a namespace that is none of the target's, of a stranger.
const otherNamespace = "\x00other"

type sharedKey struct{}

// ReachOf is the target's, worked out at the first call and shared by all who ask.
func ReachOf(x *index.Index) *Reach {
	return x.Shared(sharedKey{}, func() any { return New(x) }).(*Reach)
}

// New works the reachability out.
func New(x *index.Index) *Reach {
	r := &Reach{endpoints: endpointsOf(x)}
	r.addStrangers()
	c := &compiler{x: x, noted: map[string]bool{}}
	policies := r.compile(c)
	table := newTable(r.endpoints)
	for _, p := range policies {
		p.subjects = table.extent(c.subjects(p.Policy))
		for _, rules := range p.rules {
			for _, k := range rules {
				k.resolve(table)
			}
		}
	}
	r.Notes = c.notes
	r.apply(policies)
	r.classify(policies)
	for _, c := range r.Classes {
		if c.DNS || servesDNS(c) {
			r.servers = append(r.servers, c)
		}
	}
	return r
}

// compile reads all policies, sorted in order of evaluation.
func (r *Reach) compile(c *compiler) []*compiled {
	var out []*compiled
	at := map[string]int{}
	put := func(t tier, ps ...*compiled) {
		i, ok := at[t.name]
		if !ok {
			i = len(r.tiers)
			at[t.name] = i
			r.tiers = append(r.tiers, t)
		}
		for _, p := range ps {
			if p != nil {
				p.tier = i
				out = append(out, p)
			}
		}
	}
	def := c.tierOf(Policy{}) // as a rendered Tier sets it
	for _, p := range All(c.x) {
		switch p.Object.Key.Group() {
		case "networking.k8s.io":
			put(def, c.corePolicy(p))
		case "policy.networking.k8s.io":
			t := tier{adminTier, adminOrder, true}
			if p.Object.Key.Kind == "BaselineAdminNetworkPolicy" || p.Spec.At("tier").Str() == "Baseline" {
				t = tier{baselineTier, baselineOrder, true}
			}
			put(t, c.adminKind(p))
		case "cilium.io":
			put(def, c.ciliumPolicies(p)...)
		default:
			put(c.tierOf(p), c.calicoPolicy(p))
		}
	}
	slices.SortStableFunc(out, func(a, b *compiled) int {
		return cmp.Or(cmp.Compare(r.tiers[a.tier].order, r.tiers[b.tier].order), strings.Compare(r.tiers[a.tier].name, r.tiers[b.tier].name),
			cmp.Compare(a.order, b.order), strings.Compare(a.Object.Key.Name, b.Object.Key.Name), strings.Compare(a.Object.Key.Namespace, b.Object.Key.Namespace))
	})
	return out
}

// subjects is what a policy applies to, host pods aside.
func (c *compiler) subjects(p Policy) matcher {
	namespace := ""
	if !p.read.cluster {
		namespace = c.x.Namespace(p.Object)
	}
	switch p.Object.Key.Group() {
	case "networking.k8s.io":
		return pods(namespace, manifest.Place{}, p.Selector())
	case "policy.networking.k8s.io":
		if ns := p.Selector().At("namespaces"); ns.Exists() {
			return pods("", ns, manifest.Place{})
		}
		return pods("", p.Selector().At("pods", "namespaceSelector"), p.Selector().At("pods", "podSelector"))
	case "cilium.io":
		return ciliumMatcher(namespace, requirements(p.Selector()))
	}
	return c.calicoSubject(p)
}

// addStrangers adds a pod without labels for each namespace, and one of
// another namespace.
func (r *Reach) addStrangers() {
	seen := map[string]bool{}
	for _, e := range slices.Clone(r.endpoints) {
		if !seen[e.namespace] {
			seen[e.namespace] = true
			r.endpoints = append(r.endpoints, &endpoint{namespace: e.namespace, nsLabels: e.nsLabels, nsKnown: e.nsKnown, account: "default"})
		}
	}
	for _, d := range clusterDNS {
		r.endpoints = append(r.endpoints, &d)
	}
	r.endpoints = append(r.endpoints, &endpoint{
		namespace: otherNamespace, nsKnown: true, nsLabels: map[string]string{index.NamespaceName: otherNamespace}, account: "default",
	})
}

// apply lists for each endpoint the policies that select it.
func (r *Reach) apply(policies []*compiled) {
	for d := range r.applied {
		r.applied[d] = make([][]*compiled, len(r.endpoints))
	}
	for _, p := range policies {
		for _, i := range p.subjects.possible {
			for d := range r.applied {
				if p.isolates[d] || len(p.rules[d]) > 0 {
					r.applied[d][i] = append(r.applied[d][i], p)
				}
			}
		}
	}
}

// classify groups endpoints that every policy treats alike: those with the same
// policies, the same rules that name them, and the same numbers behind the
// names of ports that rules use.
func (r *Reach) classify(policies []*compiled) {
	sign := make([][]byte, len(r.endpoints))
	n := uint64(0)
	mark := func(x extent) {
		n++
		for _, i := range x.possible {
			sign[i] = binary.AppendUvarint(sign[i], n<<1|uint64(x.of(int(i))-1))
		}
	}
	names := map[namedPort]bool{}
	for _, p := range policies {
		mark(p.subjects)
		for _, rules := range p.rules {
			for _, k := range rules {
				mark(k.reach)
				mark(k.own)
				for _, name := range k.named {
					names[name] = true
				}
			}
		}
	}
	at := map[string]int{}
	r.classOf = map[*manifest.Object]*Class{}
	for i, e := range r.endpoints {
		var ports []string
		named := map[namedPort][]int{}
		for k, v := range e.named {
			if names[k] {
				named[k] = v
			}
		}
		ports = sortedPorts(named)
		k := string(sign[i]) + "\x00" + strings.Join(ports, ",")
		// Namespaces are told apart for people's sake, and strangers.
		k += "\x00" + e.namespace + "\x00" + map[bool]string{true: "host"}[e.host] + map[bool]string{true: "stranger"}[e.pods == nil] + map[bool]string{true: "dns"}[e.dns]
		c, ok := at[k]
		if !ok {
			c = len(r.Classes)
			at[k] = c
			ns := e.namespace
			if ns == otherNamespace {
				ns = ""
			}
			r.Classes = append(r.Classes, &Class{Namespace: ns, Host: e.host, Stranger: e.pods == nil && !e.dns, DNS: e.dns, id: i})
		}
		for _, p := range e.pods {
			r.classOf[p.Object] = r.Classes[c]
		}
		r.Classes[c].Pods = append(r.Classes[c].Pods, e.pods...)
	}
}

// ClassOf is the class of a pod template, nil if it is not of the target.
func (r *Reach) ClassOf(pod manifest.Pod) *Class { return r.classOf[pod.Object] }

// Isolated reports whether policies limit what the class does in a direction.
func (r *Reach) Isolated(c *Class, d Direction) bool {
	return len(r.applied[directionIndex(d)][c.id]) > 0
}

// Between is what the first may reach of the second.
func (r *Reach) Between(from, to *Class, m Mode) Ports {
	out := r.side(from, Egress, Peer{Class: to}, m, nil)
	if out.Empty() {
		return out
	}
	return out.And(r.side(to, Ingress, Peer{Class: from}, m, nil))
}

// Out is what the class may reach of what is no pod.
func (r *Reach) Out(from *Class, to Peer, m Mode) Ports { return r.side(from, Egress, to, m, nil) }

// In is what something that is no pod may reach of the class.
func (r *Reach) In(to *Class, from Peer, m Mode) Ports { return r.side(to, Ingress, from, m, nil) }

// Explain lists what decides about one side of a connection, in order. Where
// nothing is listed for a port, no policy speaks of it, and it is open.
func (r *Reach) Explain(c *Class, d Direction, peer Peer, m Mode) []Step {
	var steps []Step
	r.side(c, d, peer, m, &steps)
	return steps
}

// side evaluates one direction at a class: tier by tier, in each the rules of
// the policies that select it in their order, and at its end what it denies by
// default. A port that no tier decides about is open.
func (r *Reach) side(c *Class, d Direction, peer Peer, m Mode, steps *[]Step) Ports {
	i := directionIndex(d)
	list := r.applied[i][c.id]
	open := AllPorts()
	if len(list) == 0 || c.Host {
		return open
	}
	target := c.id
	if d == Egress {
		target = -1
		if peer.Class != nil {
			target = peer.Class.id
		}
	}
	var allowed Ports
	for len(list) > 0 && !open.Empty() {
		n := 1
		for n < len(list) && list[n].tier == list[0].tier {
			n++
		}
		var closing *compiled
		left, passed := open, Ports{}
		for _, p := range list[:n] {
			selected := p.subjects.of(c.id)
			if p.isolates[i] && (selected == yes || m == Surely) && closing == nil {
				closing = p
			}
			for _, k := range p.rules[i] {
				sure := k.matches(c.id, peer)
				if sure == no {
					continue
				}
				sure = and(sure, selected)
				if k.approx {
					sure = and(sure, maybe)
				}
				ports := k.portsAt(r, target).And(left)
				if ports.Empty() {
					continue
				}
				acts := sure == yes || (m == AtMost) == (k.action == allow)
				if k.action == pass {
					if steps != nil {
						*steps = append(*steps, Step{Policy: p.Policy, At: k.at, Passed: true, Ports: ports})
					}
					// In doubt it is both: here at most, and surely in neither.
					if sure == yes || m == Surely {
						left = left.Minus(ports)
					}
					if sure == yes || m == AtMost {
						passed = passed.Or(ports)
					}
					continue
				}
				if !acts {
					continue
				}
				if steps != nil {
					*steps = append(*steps, Step{Policy: p.Policy, At: k.at, Allowed: k.action == allow, Ports: ports})
				}
				if k.action == allow {
					allowed = allowed.Or(ports)
				}
				left = left.Minus(ports)
			}
		}
		if closing != nil && !r.tiers[closing.tier].pass {
			if steps != nil && !left.Empty() {
				*steps = append(*steps, Step{Policy: closing.Policy, At: closing.Spec, Ports: left})
			}
			left = Ports{}
		}
		open = left.Or(passed)
		list = list[n:]
	}
	return allowed.Or(open)
}
