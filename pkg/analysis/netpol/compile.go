package netpol

import (
	"net/netip"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// action is what a rule does with what it matches.
type action int8

const (
	allow action = iota
	deny
	pass // on to the next tier
)

// rule is a rule of any kind of policy, in one direction.
type rule struct {
	at     manifest.Place
	policy *compiled
	action action

	any       bool      // any peer at all
	peers     []matcher // pods
	notPeers  []matcher // but for these
	networks  []network // addresses
	strict    bool      // networks are never pods' or nodes' addresses
	nodes     truth     // the nodes' own network, where no network says so
	world     truth     // all addresses outside
	exclude   []network // of any peer
	local     []matcher // of the selected pods, only these
	localKeep bool      // local counts

	ports  Ports
	named  []namedPort // resolved at the target
	approx bool        // narrower than could be read
	reach  extent      // of peers
	own    extent      // of local
}

// compiled is a policy ready for evaluation.
type compiled struct {
	Policy
	tier     int // of order
	order    float64
	isolates [2]bool
	rules    [2][]*rule
	subjects extent
	notes    []string
}

// tier is a stage of evaluation.
type tier struct {
	name  string
	order float64
	// pass says that what no rule of the tier matches goes on.
	pass bool
}

// Orders of the tiers that have no object, as of Calico 3.30.
const (
	adminOrder    = 1000
	defaultOrder  = 1e6
	baselineOrder = 1e7
	npOrder       = 1000 // of NetworkPolicies in the default tier
)

const (
	adminTier    = "adminnetworkpolicy"
	baselineTier = "baselineadminnetworkpolicy"
	defaultTier  = "default"
)

func directionIndex(d Direction) int {
	if d == Egress {
		return 1
	}
	return 0
}

var directions = [...]Direction{Ingress, Egress}

// compiler turns policies into rules.
type compiler struct {
	x     *index.Index
	notes []string
	noted map[string]bool
}

// note records what was not understood, once.
func (c *compiler) note(p Policy, text string) {
	text = p.Object.String() + ": " + text
	if !c.noted[text] {
		c.noted[text] = true
		c.notes = append(c.notes, text)
	}
}

// everyone is a matcher for every pod of the namespace, of all for "".
func everyone(namespace string) matcher {
	return matcher{namespace: namespace, key: keyOf("all", namespace), test: func(*endpoint) truth { return yes }}
}

// pods is a matcher of label selectors; an absent one matches everything.
func pods(namespace string, ns, labels manifest.Place) matcher {
	nsReqs, reqs := requirements(ns), requirements(labels)
	return matcher{
		namespace: namespace, hint: hintOf(reqs), key: keyOf("k8s", namespace, nsReqs, reqs),
		test: func(e *endpoint) truth {
			t := meets(reqs, e.label)
			if t == no {
				return no
			}
			return and(t, meets(nsReqs, e.nsLabel))
		},
	}
}

// corePolicy compiles Kubernetes' own NetworkPolicy.
func (c *compiler) corePolicy(p Policy) *compiled {
	namespace := c.x.Namespace(p.Object)
	out := &compiled{Policy: p, order: npOrder}
	for i, d := range directions {
		out.isolates[i] = p.Isolates(d)
		if !out.isolates[i] {
			continue
		}
		for r := range p.Rules(d) {
			k := &rule{at: r, policy: out}
			peers := r.At(map[Direction]string{Ingress: "from", Egress: "to"}[d])
			k.any = peers.Len() == 0
			for peer := range peers.Items() {
				block := peer.At("ipBlock")
				switch {
				case block.Exists():
					n, ok := readNetwork(block.At("cidr").Str(), block.At("except").Strings())
					if !ok {
						c.note(p, "a block of addresses cannot be read: "+block.At("cidr").Str())
						k.any, k.approx = true, true
						continue
					}
					k.networks = append(k.networks, n)
				case peer.At("namespaceSelector").Exists():
					k.peers = append(k.peers, pods("", peer.At("namespaceSelector"), peer.At("podSelector")))
				default:
					k.peers = append(k.peers, pods(namespace, manifest.Place{}, peer.At("podSelector")))
				}
			}
			if r.At("ports").Len() == 0 {
				k.ports = AllPorts()
			}
			for port := range r.At("ports").Items() {
				c.corePort(k, port)
			}
			out.rules[i] = append(out.rules[i], k)
		}
	}
	return out
}

func (c *compiler) corePort(k *rule, port manifest.Place) {
	protocol := port.At("protocol").Str()
	if protocol == "" {
		protocol = "TCP"
	}
	at := port.At("port")
	n, number := portNumber(at)
	for _, proto := range protocolsOf(protocol) {
		switch {
		case !at.Exists():
			k.ports = k.ports.Or(PortsOf(proto, 0, maxPort))
		case !number:
			k.named = append(k.named, namedPort{proto, at.Str()})
		default:
			hi := n
			if end, ok := port.At("endPort").Int(); ok {
				hi = int(min(end, maxPort))
			}
			k.ports = k.ports.Or(PortsOf(proto, n, hi))
		}
	}
}

// portNumber reads a port; a string of digits is a name to Kubernetes, but one
// that no port can have, so that only a mistake is read kindly.
func portNumber(at manifest.Place) (int, bool) {
	if n, ok := at.Int(); ok && n >= 0 && n <= maxPort {
		return int(n), true
	}
	return 0, false
}

// adminKind compiles AdminNetworkPolicy, BaselineAdminNetworkPolicy and
// ClusterNetworkPolicy. https://network-policy-api.sigs.k8s.io/reference/spec/
func (c *compiler) adminKind(p Policy) *compiled {
	out := &compiled{Policy: p}
	if n, ok := p.Spec.At("priority").Int(); ok {
		out.order = float64(n)
	}
	for i, d := range directions {
		for r := range p.Rules(d) {
			k := &rule{at: r, policy: out}
			switch r.At("action").Str() {
			case "Allow", "Accept":
			case "Deny":
				k.action = deny
			case "Pass":
				k.action = pass
			default:
				c.note(p, "a rule of an unknown action is left out")
				continue
			}
			for peer := range r.At(map[Direction]string{Ingress: "from", Egress: "to"}[d]).Items() {
				c.adminPeer(k, p, peer)
			}
			c.adminPorts(k, p, r)
			out.rules[i] = append(out.rules[i], k)
		}
	}
	return out
}

func (c *compiler) adminPeer(k *rule, p Policy, peer manifest.Place) {
	switch {
	case peer.At("namespaces").Exists():
		k.peers = append(k.peers, pods("", peer.At("namespaces"), manifest.Place{}))
	case peer.At("pods").Exists():
		k.peers = append(k.peers, pods("", peer.At("pods", "namespaceSelector"), peer.At("pods", "podSelector")))
	case peer.At("networks").Exists():
		for _, cidr := range peer.At("networks").Strings() {
			if n, ok := readNetwork(cidr, nil); ok {
				k.networks = append(k.networks, n)
			} else {
				c.note(p, "a block of addresses cannot be read: "+cidr)
				k.any, k.approx = true, true
			}
		}
	case peer.At("nodes").Exists():
		k.nodes = maybe
		if emptySelector(peer.At("nodes")) {
			k.nodes = yes
		}
	default:
		c.note(p, "domain names and peers of other kinds are taken for any address outside")
		k.world = maybe
	}
}

func (c *compiler) adminPorts(k *rule, p Policy, r manifest.Place) {
	if r.At("ports").Len() == 0 && r.At("protocols").Len() == 0 {
		k.ports = AllPorts()
		return
	}
	for port := range r.At("ports").Items() {
		at := port.At("portNumber")
		switch {
		case at.Exists():
			n, _ := at.At("port").Int()
			k.addPorts(protocolOr(at.At("protocol").Str()), int(n), int(n))
		case port.At("portRange").Exists():
			at = port.At("portRange")
			lo, _ := at.At("start").Int()
			hi, _ := at.At("end").Int()
			k.addPorts(protocolOr(at.At("protocol").Str()), int(lo), int(hi))
		case port.At("namedPort").Exists():
			k.addNamed([]Protocol{TCP, UDP, SCTP}, port.At("namedPort").Str())
		default:
			c.note(p, "a port of another kind is taken for every port")
			k.ports, k.approx = AllPorts(), true
		}
	}
	for item := range r.At("protocols").Items() {
		known := false
		for _, proto := range [...]Protocol{TCP, UDP, SCTP} {
			at := item.At([...]string{"tcp", "udp", "sctp"}[proto])
			if !at.Exists() {
				continue
			}
			known = true
			port := at.At("destinationPort")
			if n, ok := port.At("number").Int(); ok {
				k.addPorts([]Protocol{proto}, int(n), int(n))
				continue
			}
			lo, ok := port.At("range", "start").Int()
			hi, ok2 := port.At("range", "end").Int()
			if !ok || !ok2 {
				lo, hi = 0, maxPort
			}
			k.addPorts([]Protocol{proto}, int(lo), int(hi))
		}
		if name := item.At("destinationNamedPort").Str(); name != "" {
			k.addNamed([]Protocol{TCP, UDP, SCTP}, name)
		} else if !known {
			c.note(p, "a protocol of another kind is taken for every port")
			k.ports, k.approx = AllPorts(), true
		}
	}
}

func protocolOr(name string) []Protocol {
	if name == "" {
		return []Protocol{TCP}
	}
	return protocolsOf(name)
}

func (k *rule) addPorts(ps []Protocol, lo, hi int) {
	for _, p := range ps {
		k.ports = k.ports.Or(PortsOf(p, lo, hi))
	}
}

func (k *rule) addNamed(ps []Protocol, name string) {
	for _, p := range ps {
		k.named = append(k.named, namedPort{p, name})
	}
}

// blocks are the blocks of addresses that the rule names.
func (k *rule) blocks() []netip.Prefix {
	var out []netip.Prefix
	for _, list := range [...][]network{k.networks, k.exclude} {
		for _, n := range list {
			out = append(append(out, n.block), n.except...)
		}
	}
	return out
}
