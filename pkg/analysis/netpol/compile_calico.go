package netpol

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// calicoPolicy compiles Calico's policies; nil for those of hosts alone.
// https://docs.tigera.io/calico/latest/reference/resources/networkpolicy
func (c *compiler) calicoPolicy(p Policy) *compiled {
	if p.Spec.At("doNotTrack").IsTrue() || p.Spec.At("preDNAT").IsTrue() {
		c.note(p, "it is about hosts, which are not looked at")
		return nil
	}
	out := &compiled{Policy: p, order: math.Inf(1)}
	if n, ok := number(p.Spec.At("order")); ok {
		out.order = n
	}
	for i, d := range directions {
		out.isolates[i] = p.Isolates(d)
		if !out.isolates[i] {
			continue
		}
		for r := range p.Rules(d) {
			k := &rule{at: r, policy: out}
			switch r.At("action").Str() {
			case "Allow":
			case "Deny":
				k.action = deny
			case "Pass":
				k.action = pass
			case "Log":
				continue // and on to the next rule
			default:
				c.note(p, "a rule of an unknown action is left out")
				continue
			}
			if c.calicoRule(k, p, r, d) {
				out.rules[i] = append(out.rules[i], k)
			}
		}
	}
	return out
}

// calicoRule reads a rule; false if it is about no port of TCP, UDP or SCTP.
func (c *compiler) calicoRule(k *rule, p Policy, r manifest.Place, d Direction) bool {
	peer, own := r.At("source"), r.At("destination")
	if d == Egress {
		peer, own = own, peer
	}
	to := r.At("destination")
	ps := protocolsOf(r.At("protocol").Str())
	if len(ps) == 0 {
		return false
	}
	k.ports = Ports{}
	if to.At("ports").Len() == 0 {
		k.addPorts(ps, 0, maxPort)
	}
	c.calicoPorts(k, p, ps, to.At("ports"))
	if not := to.At("notPorts"); not.Len() > 0 {
		var minus rule
		c.calicoPorts(&minus, p, ps, not)
		k.ports = k.ports.Minus(minus.ports)
		if len(minus.named) > 0 || len(k.named) > 0 {
			c.note(p, "names among ports that are left out are not evaluated")
			k.approx = true
		}
	}
	for _, other := range protocolsOf(r.At("notProtocol").Str()) {
		if r.At("notProtocol").Exists() {
			k.ports[other] = nil
			k.named = slices.DeleteFunc(k.named, func(n namedPort) bool { return n.protocol == other })
		}
	}
	for _, field := range [...]string{"http", "icmp", "notICMP", "ipVersion"} {
		if r.At(field).Exists() {
			c.note(p, field+" is not looked at")
			k.approx = true
		}
	}
	if src := r.At("source"); src.At("ports").Len()+src.At("notPorts").Len() > 0 {
		c.note(p, "ports of the source are not looked at")
		k.approx = true
	}
	c.calicoPeer(k, p, peer)
	c.calicoLocal(k, p, own)
	return true
}

func (c *compiler) calicoPorts(k *rule, p Policy, ps []Protocol, list manifest.Place) {
	for _, text := range list.Strings() {
		if n, ok := parsePort(text); ok {
			k.addPorts(ps, n, n)
			continue
		}
		if lo, hi, ok := strings.Cut(text, ":"); ok {
			a, ok1 := parsePort(lo)
			b, ok2 := parsePort(hi)
			if !ok1 || !ok2 {
				c.note(p, "a range of ports cannot be read: "+text)
				a, b, k.approx = 0, maxPort, true
			}
			k.addPorts(ps, a, b)
			continue
		}
		k.addNamed(ps, text)
	}
}

func parsePort(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0 && n <= maxPort
}

// calicoPeer reads the other side of a rule. All its fields must hold.
func (c *compiler) calicoPeer(k *rule, p Policy, at manifest.Place) {
	m, selects := c.calicoMatcher(p, at)
	nets := c.calicoNets(k, p, at.At("nets"))
	k.exclude = c.calicoNets(k, p, at.At("notNets"))
	if at.At("services").Exists() {
		c.note(p, "Services as peers are taken for anything")
		k.any, k.approx = true, true
		return
	}
	switch {
	case selects && at.At("nets").Exists():
		// Pods by selector and by address, too.
		k.peers, k.approx = []matcher{m}, true
		c.note(p, "a selector together with nets is taken for the selector alone")
	case selects:
		k.peers = []matcher{m}
		k.networks = c.networkSets(p, at)
		if p.read.cluster && at.At("notSelector").Exists() && !at.At("selector").Exists() && !at.At("namespaceSelector").Exists() && !at.At("serviceAccounts").Exists() {
			k.world, k.nodes = yes, yes // what is no pod is not selected, too
		}
	case at.At("nets").Exists():
		k.networks = nets
	default:
		k.any = true
	}
}

// calicoLocal reads what a rule says of the selected pods themselves.
func (c *compiler) calicoLocal(k *rule, p Policy, at manifest.Place) {
	if m, ok := c.calicoMatcher(p, at); ok {
		k.local, k.localKeep = []matcher{m}, true
	}
	if at.At("nets").Exists() || at.At("notNets").Exists() {
		c.note(p, "addresses of the selected pods are not looked at")
		k.approx = true
	}
}

func (c *compiler) calicoNets(k *rule, p Policy, list manifest.Place) []network {
	var out []network
	for _, cidr := range list.Strings() {
		n, ok := readNetwork(cidr, nil)
		if !ok {
			c.note(p, "a block of addresses cannot be read: "+cidr)
			k.approx = true
			continue
		}
		out = append(out, n)
	}
	return out
}

// calicoMatcher is what the selectors of a rule's side pick; ok is false if
// there are none, so that addresses count, too.
func (c *compiler) calicoMatcher(p Policy, at manifest.Place) (m matcher, ok bool) {
	selector, not, ns := at.At("selector").Str(), at.At("notSelector").Str(), at.At("namespaceSelector").Str()
	accounts := at.At("serviceAccounts")
	if selector == "" && not == "" && ns == "" && !accounts.Exists() {
		return m, false
	}
	names, accSelector := accounts.At("names").Strings(), accounts.At("selector").Str()
	namespace := ""
	if !p.read.cluster && ns == "" {
		namespace = c.x.Namespace(p.Object)
	}
	return matcher{
		namespace: namespace, key: keyOf("calico", namespace, selector, not, ns, names, accSelector),
		test: func(e *endpoint) truth {
			t := evaluate(selector, e.calicoLabel)
			if not != "" {
				t = and(t, yes-evaluate(not, e.calicoLabel))
			}
			if ns != "" {
				t = and(t, evaluate(ns, e.calicoNamespace))
			}
			if len(names) > 0 {
				t = and(t, truthOf(slices.Contains(names, e.account)))
			}
			if accSelector != "" {
				t = and(t, evaluate(accSelector, e.accountLabel))
			}
			return t
		},
	}, true
}

func (e *endpoint) calicoLabel(key string) (string, bool, bool) {
	switch key {
	case "projectcalico.org/namespace":
		return e.namespace, true, true
	case "projectcalico.org/serviceaccount":
		return e.account, true, true
	case "projectcalico.org/orchestrator":
		return "k8s", true, true
	}
	if rest, ok := strings.CutPrefix(key, "pcns."); ok {
		return e.nsLabel(rest)
	}
	if rest, ok := strings.CutPrefix(key, "pcsa."); ok {
		return e.accountLabel(rest)
	}
	return e.label(key)
}

func (e *endpoint) calicoNamespace(key string) (string, bool, bool) {
	if key == "projectcalico.org/name" || key == index.NamespaceName {
		return e.namespace, true, true
	}
	return e.nsLabel(key)
}

func (e *endpoint) accountLabel(key string) (string, bool, bool) {
	v, ok := e.accLabels[key]
	return v, ok, ok || e.accKnown
}

// calicoSubject is what a policy applies to.
func (c *compiler) calicoSubject(p Policy) matcher {
	selector, ns, account := p.Selector().Str(), p.Spec.At("namespaceSelector").Str(), p.Spec.At("serviceAccountSelector").Str()
	namespace := ""
	if !p.read.cluster {
		namespace, ns = c.x.Namespace(p.Object), ""
	}
	return matcher{
		namespace: namespace, key: keyOf("calico subject", namespace, selector, ns, account),
		test: func(e *endpoint) truth {
			t := evaluate(selector, e.calicoLabel)
			if ns != "" {
				t = and(t, evaluate(ns, e.calicoNamespace))
			}
			if account != "" {
				t = and(t, evaluate(account, e.accountLabel))
			}
			return t
		},
	}
}

// networkSets are the addresses of rendered sets that the selector picks by
// their labels, as it picks pods.
func (c *compiler) networkSets(p Policy, at manifest.Place) []network {
	var out []network
	selector, ns := at.At("selector").Str(), strings.ReplaceAll(at.At("namespaceSelector").Str(), " ", "")
	if at.At("serviceAccounts").Exists() {
		return nil
	}
	for _, group := range [...]string{"projectcalico.org", "crd.projectcalico.org"} {
		for _, kind := range [...]string{"GlobalNetworkSet", "NetworkSet"} {
			for _, set := range c.x.Kind(group, kind) {
				global := kind == "GlobalNetworkSet"
				switch {
				case global && ns != "global()" && (!p.read.cluster || ns != ""):
					continue
				case !global && (ns != "" || !p.read.cluster && c.x.Namespace(set) != c.x.Namespace(p.Object)):
					continue
				}
				labels := labelMap(set.Labels())
				get := func(key string) (string, bool, bool) { v, ok := labels[key]; return v, ok, true }
				if evaluate(selector, get) != yes {
					continue
				}
				for _, cidr := range set.At("spec", "nets").Strings() {
					if n, ok := readNetwork(cidr, nil); ok {
						out = append(out, n)
					}
				}
			}
		}
	}
	return out
}

func number(at manifest.Place) (float64, bool) {
	n, err := strconv.ParseFloat(at.Str(), 64)
	return n, err == nil && !math.IsNaN(n)
}

// tierOf is the name and order of the tier of a Calico policy.
func (c *compiler) tierOf(p Policy) tier {
	name := p.Spec.At("tier").Str()
	if name == "" {
		name = defaultTier
	}
	t := tier{name: name, order: math.Inf(1)}
	switch name {
	case defaultTier:
		t.order = defaultOrder
	case adminTier, "kube-admin":
		t.order, t.pass = adminOrder, true
	case baselineTier, "kube-baseline":
		t.order, t.pass = baselineOrder, true
	}
	for _, group := range [...]string{"projectcalico.org", "crd.projectcalico.org"} {
		for _, o := range c.x.Kind(group, "Tier") {
			if o.Key.Name != name {
				continue
			}
			if n, ok := number(o.At("spec", "order")); ok && name != defaultTier {
				t.order = n
			}
			if o.At("spec", "defaultAction").Str() == "Pass" {
				t.pass = true
			}
			return t
		}
	}
	if math.IsInf(t.order, 1) {
		c.note(p, "the order of its tier "+name+" is not known: it is taken to come last")
	}
	return t
}
