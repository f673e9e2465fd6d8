package netpol

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Cilium denies before it allows, among all policies of any kind.
const (
	ciliumDeny  = -1e9
	ciliumAllow = npOrder
)

// ciliumPolicies compiles a rule of Cilium: its denials and what it allows are
// policies of their own in the order of evaluation.
// https://docs.cilium.io/en/stable/security/policy/
func (c *compiler) ciliumPolicies(p Policy) []*compiled {
	if p.Spec.At("nodeSelector").Exists() {
		c.note(p, "it is about nodes, which are not looked at")
		return nil
	}
	denies, allows := &compiled{Policy: p, order: ciliumDeny}, &compiled{Policy: p, order: ciliumAllow}
	for i, d := range directions {
		allows.isolates[i] = p.Isolates(d)
		for r := range p.Spec.At(string(d)).Items() {
			allows.rules[i] = append(allows.rules[i], c.ciliumRules(allows, r, d, allow)...)
		}
		for r := range p.Spec.At(string(d) + "Deny").Items() {
			denies.rules[i] = append(denies.rules[i], c.ciliumRules(denies, r, d, deny)...)
		}
	}
	return []*compiled{denies, allows}
}

// ciliumRules compiles one rule; none where it names nobody.
func (c *compiler) ciliumRules(out *compiled, r manifest.Place, d Direction, act action) []*rule {
	p := out.Policy
	k := &rule{at: r, policy: out, action: act, strict: true}
	from := map[Direction]string{Ingress: "from", Egress: "to"}[d]
	peers := false
	for field, at := range r.Entries() {
		kind, ok := strings.CutPrefix(field, from)
		if !ok || field == "toPorts" {
			continue
		}
		peers = true
		switch kind {
		case "Endpoints":
			for s := range at.Items() {
				k.peers = append(k.peers, c.ciliumPeer(p, s))
			}
		case "Entities":
			for _, name := range at.Strings() {
				c.ciliumEntity(k, p, name)
			}
		case "CIDR":
			for _, cidr := range at.Strings() {
				c.ciliumCIDR(k, p, cidr, nil)
			}
		case "CIDRSet":
			for set := range at.Items() {
				if !set.At("cidr").Exists() {
					c.note(p, "groups of addresses are taken for any address outside")
					k.world = maybe
					continue
				}
				c.ciliumCIDR(k, p, set.At("cidr").Str(), set.At("except").Strings())
			}
		case "Nodes":
			k.nodes = maybe
		case "Requires":
			c.note(p, field+" is not evaluated")
			k.any, k.approx = true, true
		case "Services":
			c.note(p, "Services as peers are taken for anything")
			k.any, k.approx = true, true
		default:
			c.note(p, field+" is taken for any address outside")
			k.world = max(k.world, maybe)
		}
	}
	if r.At("icmps").Len() > 0 && r.At("toPorts").Len() == 0 {
		return nil // no port of TCP, UDP or SCTP
	}
	if !peers {
		if r.At("toPorts").Len() == 0 {
			return nil // an empty rule, which is how Cilium denies by default
		}
		k.any = true
	}
	if r.At("toPorts").Len() == 0 {
		k.ports = AllPorts()
	}
	for list := range r.At("toPorts").Items() {
		if list.At("rules").Len() > 0 {
			c.note(p, "rules of layer 7 are not looked at: their ports count as open")
			k.approx = true
		}
		if list.At("ports").Len() == 0 {
			k.ports = AllPorts()
		}
		for port := range list.At("ports").Items() {
			ciliumPort(k, port)
		}
	}
	return []*rule{k}
}

func ciliumPort(k *rule, port manifest.Place) {
	ps := protocolsOf(port.At("protocol").Str())
	text := port.At("port").Str()
	n, ok := parsePort(text)
	switch {
	case !ok:
		k.addNamed(ps, text)
	case n == 0:
		k.addPorts(ps, 0, maxPort)
	default:
		hi := n
		if end, ok := port.At("endPort").Int(); ok && end > 0 {
			hi = int(end)
		}
		k.addPorts(ps, n, hi)
	}
}

// ciliumPeer is a selector of endpoints. One of a namespaced policy that says
// nothing of namespaces means its own.
func (c *compiler) ciliumPeer(p Policy, s manifest.Place) matcher {
	reqs := requirements(s)
	namespace := ""
	if !p.read.cluster && !slices.ContainsFunc(reqs, func(r requirement) bool {
		k := bare(r.key)
		return k == ciliumNamespace || strings.HasPrefix(k, ciliumNamespaceLabels)
	}) {
		namespace = c.x.Namespace(p.Object)
	}
	return ciliumMatcher(namespace, reqs)
}

func ciliumMatcher(namespace string, reqs []requirement) matcher {
	m := matcher{namespace: namespace, key: keyOf("cilium", namespace, reqs), test: func(e *endpoint) truth { return meets(reqs, e.ciliumLabel) }}
	if h := hintOf(reqs); h != nil && !strings.HasPrefix(bare(h.key), "io.") {
		m.hint = &requirement{bare(h.key), h.operator, h.values}
	}
	return m
}

func (e *endpoint) ciliumLabel(key string) (string, bool, bool) {
	if strings.HasPrefix(key, "reserved:") || strings.HasPrefix(key, "reserved.") {
		return "", false, true
	}
	switch key = bare(key); key {
	case ciliumNamespace:
		return e.namespace, true, true
	case ciliumAccount:
		return e.account, true, true
	}
	if rest, ok := strings.CutPrefix(key, ciliumNamespaceLabels); ok {
		return e.nsLabel(rest)
	}
	return e.label(key)
}

func (c *compiler) ciliumCIDR(k *rule, p Policy, cidr string, except []string) {
	if n, ok := readNetwork(cidr, except); ok {
		k.networks = append(k.networks, n)
		return
	}
	c.note(p, "a block of addresses cannot be read: "+cidr)
	k.world = maybe
}

// ciliumEntity adds what an entity stands for.
func (c *compiler) ciliumEntity(k *rule, p Policy, name string) {
	switch name {
	case "all":
		k.any = true
	case "world":
		k.world = yes
	case "world-ipv4":
		n, _ := readNetwork("0.0.0.0/0", nil)
		k.networks = append(k.networks, n)
	case "world-ipv6":
		n, _ := readNetwork("::/0", nil)
		k.networks = append(k.networks, n)
	case "cluster":
		k.peers = append(k.peers, everyone(""))
		k.nodes = yes
	case "host", "remote-node":
		k.nodes = max(k.nodes, maybe) // either is some of the nodes
	case "kube-apiserver":
		k.nodes = max(k.nodes, maybe)
	case "none", "health", "init", "unmanaged", "ingress", "aws-nodes":
	default:
		c.note(p, "entity "+name+" is not known")
	}
}
