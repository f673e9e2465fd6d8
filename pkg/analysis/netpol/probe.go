package netpol

import (
	"net/netip"

	"github.com/kustoms-dev/kustoms/pkg/index"
)

// clusterDNS are the name servers of Kubernetes and of OpenShift as policies see
// them; further labels of their namespaces are not known.
var clusterDNS = []endpoint{
	{
		namespace: "kube-system", nsLabels: map[string]string{index.NamespaceName: "kube-system"}, account: "coredns", dns: true,
		labels: map[string]string{"k8s-app": "kube-dns"},
		named:  map[namedPort][]int{{UDP, "dns"}: {53}, {TCP, "dns-tcp"}: {53}},
	},
	{
		namespace: "openshift-dns", nsLabels: map[string]string{index.NamespaceName: "openshift-dns"}, account: "dns", dns: true,
		labels: map[string]string{"dns.operator.openshift.io/daemonset-dns": "default"},
		named:  map[namedPort][]int{{UDP, "dns"}: {5353}, {TCP, "dns-tcp"}: {5353}},
	},
}

// Resolves reports whether the class may ask some name server at most: the
// cluster's, one of the target, or one at an address of a private network, as
// that of a Service or of a node is.
func (r *Reach) Resolves(c *Class) bool {
	asks := func(p Ports) bool { return p.Has(UDP, 53) || p.Has(UDP, 5353) }
	for _, to := range r.servers {
		if asks(r.Out(c, Peer{Class: to}, AtMost)) {
			return true
		}
	}
	for _, out := range r.rangesOf(c, Egress) {
		if !Public(out.Addr) && asks(r.Out(c, Peer{Addr: out.Addr}, AtMost)) {
			return true
		}
	}
	return asks(r.Out(c, Peer{Nodes: true}, AtMost)) || asks(r.Out(c, Peer{Addr: netip.MustParseAddr("1.1.1.1")}, AtMost))
}

// rangesOf are the parts of the outside that the policies of one class tell
// apart: those of the whole target are many.
func (r *Reach) rangesOf(c *Class, d Direction) []Range {
	i := directionIndex(d)
	if c.parts[i] == nil {
		var blocks []netip.Prefix
		for _, p := range r.applied[i][c.id] {
			for _, k := range p.rules[i] {
				blocks = append(blocks, k.blocks()...)
			}
		}
		c.parts[i] = r.memo(blocks)
	}
	return c.parts[i]
}

// memo is ranges, worked out once for the classes whose policies name no block.
func (r *Reach) memo(blocks []netip.Prefix) []Range {
	if len(blocks) > 0 {
		return ranges(blocks)
	}
	if r.plain == nil {
		r.plain = ranges(nil)
	}
	return r.plain
}

func servesDNS(c *Class) bool {
	for _, pod := range c.Pods {
		for k := range pod.Containers() {
			for port := range k.At("ports").Items() {
				if n, _ := port.At("containerPort").Int(); n == 53 || n == 5353 {
					return true
				}
			}
		}
	}
	return false
}

// FromElsewhere is what some pod or address that the target does not hold may
// reach of the class at most: nobody knows its labels.
func (r *Reach) FromElsewhere(c *Class) Ports {
	list := r.applied[directionIndex(Ingress)][c.id]
	isolated := false
	var out Ports
	for _, p := range list {
		isolated = isolated || p.isolates[0] && p.subjects.of(c.id) == yes
		for _, k := range p.rules[0] {
			foreign := k.any || k.nodes != no || k.world != no || len(k.networks) > 0
			for _, m := range k.peers {
				foreign = foreign || m.namespace == ""
			}
			if foreign && k.action != deny {
				out = out.Or(k.portsAt(r, c.id))
			}
		}
	}
	if !isolated {
		return AllPorts()
	}
	return out
}
