package netpol

import (
	"net/netip"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/intent"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// metadata are the addresses at which clouds tell a machine who it is, its
// credentials among that: AWS, Azure, Google Cloud and others by IPv4, AWS by
// IPv6, Alibaba Cloud.
var metadata = []netip.Addr{netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200")}

// MetadataAddrs lists the addresses of clouds' metadata services.
func MetadataAddrs() []netip.Addr { return metadata }

// end is one end of a flow in a target: a class with those of its pods that
// are meant, or an address.
type end struct {
	class *Class
	pods  []manifest.Pod
	addr  netip.Addr
}

func (e end) peer() Peer { return Peer{Class: e.class, Addr: e.addr} }

// matched are the pods of the class that a side means, and whether it means a
// stranger.
func (r *Reach) matched(c *Class, s intent.Parsed) (pods []manifest.Pod, stranger bool) {
	switch s.Kind {
	case intent.Workloads:
		if c.Stranger {
			return nil, s.Name == "*" && (s.Namespace == "*" || c.Namespace != "" && intent.Matches(s.Namespace, c.Namespace))
		}
		if !intent.Matches(s.Namespace, c.Namespace) {
			return nil, false
		}
		for _, p := range c.Pods {
			if intent.Matches(s.Name, p.Object.Key.Name) {
				pods = append(pods, p)
			}
		}
	case intent.Labels:
		if s.Namespace != "" && !intent.Matches(s.Namespace, c.Namespace) {
			return nil, false
		}
		if c.Stranger {
			return nil, s.Selects(nil)
		}
		for _, p := range c.Pods {
			if s.Selects(labelMap(p.Labels())) {
				pods = append(pods, p)
			}
		}
	}
	return pods, false
}

// addresses are those of a side outside that the policies of a class tell
// apart.
func (r *Reach) addresses(s intent.Parsed, c *Class, d Direction) []end {
	var out []end
	switch s.Kind {
	case intent.Metadata:
		for _, a := range metadata {
			out = append(out, end{addr: a})
		}
	case intent.Internet:
		for _, p := range r.rangesOf(c, d) {
			if Public(p.Addr) {
				out = append(out, end{addr: p.Addr})
			}
		}
	case intent.Block:
		for _, p := range r.rangesOf(c, d) {
			switch {
			case s.Block.Contains(p.Addr):
				out = append(out, end{addr: p.Addr})
			case p.Addr.Compare(s.Block.Addr()) <= 0 && s.Block.Addr().Compare(p.Last) <= 0 && p.Addr.BitLen() == s.Block.Addr().BitLen():
				out = append(out, end{addr: s.Block.Addr()})
			}
		}
	}
	return out
}

// ends are the classes that a side has in the target, what is excepted left
// out. Strangers are those of a side that means whoever comes.
func (r *Reach) ends(s intent.Parsed, except []intent.Parsed) []end {
	var out []end
	for _, c := range r.Classes {
		pods, stranger := r.matched(c, s)
		for _, e := range except {
			not, out := r.matched(c, e)
			pods = without(pods, not)
			stranger = stranger && !out
		}
		if len(pods) > 0 || stranger {
			out = append(out, end{class: c, pods: pods})
		}
	}
	return out
}

// others are the addresses of the internet, as the policies of a class tell
// them apart, that are none of the sides.
func (r *Reach) others(sides []intent.Parsed, c *Class, d Direction) []end {
	var out []end
	for _, e := range r.addresses(intent.Parsed{Kind: intent.Internet}, c, d) {
		if !slices.ContainsFunc(sides, func(s intent.Parsed) bool {
			return s.Kind == intent.Internet || s.Kind == intent.Block && s.Block.Contains(e.addr)
		}) {
			out = append(out, e)
		}
	}
	return out
}

func without(pods, not []manifest.Pod) []manifest.Pod {
	if len(not) == 0 {
		return pods
	}
	drop := map[*manifest.Object]bool{}
	for _, p := range not {
		drop[p.Object] = true
	}
	var out []manifest.Pod
	for _, p := range pods {
		if !drop[p.Object] {
			out = append(out, p)
		}
	}
	return out
}

// flow is what one end may reach of another.
func (r *Reach) flow(from, to end, m Mode) Ports {
	switch {
	case from.class != nil && to.class != nil:
		return r.Between(from.class, to.class, m)
	case from.class != nil:
		return r.Out(from.class, to.peer(), m)
	case to.class != nil:
		return r.In(to.class, from.peer(), m)
	}
	return Ports{}
}

// wanted are the ports that an intent means at an end; empty where pods have no
// port of the name.
func (r *Reach) wanted(p intent.Port, to end) Ports {
	var out Ports
	switch {
	case p.All():
		return AllPorts()
	case p.Name == "":
		protocol := TCP
		for q := range protocols {
			if q.String() == p.Protocol {
				protocol = q
			}
		}
		return PortsOf(protocol, p.Lo, p.Hi)
	}
	for _, pod := range to.pods {
		for c := range pod.Containers() {
			for port := range c.At("ports").Items() {
				n, ok := port.At("containerPort").Int()
				ps := protocolOr(port.At("protocol").Str())
				if ok && port.At("name").Str() == p.Name && len(ps) == 1 && (p.Protocol == "" || ps[0].String() == p.Protocol) {
					out = out.Or(PortsOf(ps[0], int(n), int(n)))
				}
			}
		}
	}
	return out
}
