// Package exposure works out which workloads of a target answer from outside of
// the cluster, and the objects that lead there: routes over Services, Services
// that a load balancer or the nodes publish, and host ports. Each way is told
// for one of outside or of inside, by class, annotation and source range, and
// is left out where network policies close it.
//
// Ports of pods in their node's network that are not declared as host ports are
// no ways in: who reaches a node's network is not for a manifest to say.
package exposure

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Entry is a way to a workload from outside of the cluster.
type Entry struct {
	Pod manifest.Pod
	// Address is where it answers, for people: "https://shop.example.org",
	// "NodePort 30379", "the load balancer of service \"web\"".
	Address string
	// Nodes says that only who reaches a node comes in: node and host ports.
	Nodes bool
	// Target is the port of the pod, the zero one if that is not known.
	Target route.Target
	// Chain leads from outside to the pod.
	Chain []Link
	// Inside says why it is for inside only, "" if it is not.
	Inside string
	// Login says what asks for a login on the way, "" if nothing is seen to.
	Login string
}

// Link is an object on the way, at the line that leads on.
type Link struct {
	At      manifest.Place
	Message string
}

// Exposure is what a target opens. Immutable once built.
type Exposure struct {
	entries []Entry
	of      map[*manifest.Object][]Entry // those from outside
}

type key struct{}

// Of is the target's, worked out at the first call.
func Of(x *index.Index) *Exposure {
	return x.Shared(key{}, func() any { return build(x, netpol.ReachOf(x)) }).(*Exposure)
}

// Outside lists the ways to the pod from outside, those that need no node's
// address first.
func (e *Exposure) Outside(pod manifest.Pod) []Entry { return e.of[pod.Object] }

// Related are the links of the way as places of a finding.
func (e Entry) Related() []result.Related {
	var out []result.Related
	for _, l := range e.Chain {
		out = append(out, result.Related{Location: l.At.Location(), Message: l.Message})
	}
	return out
}

// Addresses names the first addresses and how many more there are.
func Addresses(entries []Entry) string {
	var out []string
	for _, e := range entries {
		if !slices.Contains(out, e.Address) {
			out = append(out, e.Address)
		}
	}
	if len(out) > 2 {
		return fmt.Sprintf("%s and %d more", out[0], len(out)-1)
	}
	return strings.Join(out, " and ")
}

// builder gathers the entries of a target.
type builder struct {
	x     *index.Index
	reach *netpol.Reach
	out   []Entry
}

func build(x *index.Index, r *netpol.Reach) *Exposure {
	b := &builder{x: x, reach: r}
	b.services()
	b.hostPorts()
	direct := len(b.out)
	b.routes()
	e := &Exposure{of: map[*manifest.Object][]Entry{}}
	for i, n := range b.out {
		if b.closed(n, i >= direct) {
			continue
		}
		n.Login = cmp.Or(n.Login, proxyLogin(n))
		e.entries = append(e.entries, n)
		if n.Inside == "" {
			e.of[n.Pod.Object] = append(e.of[n.Pod.Object], n)
		}
	}
	for _, list := range e.of {
		slices.SortStableFunc(list, func(a, b Entry) int {
			switch {
			case a.Nodes == b.Nodes:
				return 0
			case a.Nodes:
				return 1
			}
			return -1
		})
	}
	return e
}

// add makes an entry of a Service's port to each pod behind it.
func (b *builder) add(s *manifest.Object, port string, e Entry) {
	for _, pod := range route.Pods(b.x, s) {
		targets := route.Targets(s, port, pod)
		if len(targets) == 0 {
			targets = []route.Target{{}}
		}
		for _, t := range targets {
			n := e
			n.Pod, n.Target = pod, t
			to := pod.Object.String()
			if t.Number > 0 {
				to += fmt.Sprintf(" on %s %d", t.Protocol, t.Number)
			}
			n.Chain = append(slices.Clone(e.Chain), Link{s.At("spec", "selector"), fmt.Sprintf("%s leads to %s", s, to)})
			b.out = append(b.out, n)
		}
	}
}

func (b *builder) services() {
	for _, s := range b.x.Kind("", "Service") {
		kind := s.At("spec", "type")
		switch kind.Str() {
		case "LoadBalancer":
			b.add(s, "", Entry{
				Address: fmt.Sprintf("the load balancer of %s", s), Inside: InternalService(s), Login: loginOf(b.x, s),
				Chain: []Link{{kind, fmt.Sprintf("%s has a load balancer", s)}},
			})
		case "NodePort":
			for p := range s.At("spec", "ports").Items() {
				address := "a NodePort"
				if n := p.At("nodePort").Str(); n != "" {
					address = "NodePort " + n
				}
				b.add(s, p.At("port").Str(), Entry{Address: address, Nodes: true, Chain: []Link{{kind, fmt.Sprintf("%s opens %s on every node", s, address)}}})
			}
		}
		if ips := s.At("spec", "externalIPs"); ips.Len() > 0 {
			address := "address " + ips.At(0).Str()
			b.add(s, "", Entry{Address: address, Chain: []Link{{ips.At(0), fmt.Sprintf("%s answers on %s", s, address)}}})
		}
	}
}

func (b *builder) hostPorts() {
	for _, o := range b.x.Objects {
		pod, ok := o.Pod()
		if !ok || o.Is("", "PodTemplate") {
			continue
		}
		for c := range pod.Containers() {
			for p := range c.At("ports").Items() {
				at := p.At("hostPort")
				if n, ok := at.Int(); !ok || n == 0 {
					continue
				}
				number, _ := p.At("containerPort").Int()
				e := Entry{
					Pod: pod, Address: "host port " + at.Str(), Nodes: true, Target: route.Target{Protocol: cmp.Or(p.At("protocol").Str(), "TCP"), Number: int(number)},
					Chain: []Link{{at, fmt.Sprintf("%s opens port %s of its nodes", o, at.Str())}},
				}
				if ip, err := netip.ParseAddr(p.At("hostIP").Str()); err == nil && ip.IsLoopback() {
					e.Inside = "it listens on the node itself only"
				}
				b.out = append(b.out, e)
			}
		}
	}
}

// internet is an address of it.
var internet = netip.MustParseAddr("1.1.1.1")

// closed reports whether policies let nobody through. Traffic by a load
// balancer or node port comes from its client or from a node; that of a route
// from its controller, which is somewhere in the cluster, or of the target and
// published itself.
func (b *builder) closed(e Entry, routed bool) bool {
	c := b.reach.ClassOf(e.Pod)
	if c == nil || c.Host || !b.reach.Isolated(c, netpol.Ingress) {
		return false
	}
	lets := func(p netpol.Ports) bool {
		if e.Target.Number == 0 {
			return !p.Empty()
		}
		return !p.And(netpol.PortsNamed(e.Target.Protocol, e.Target.Number)).Empty()
	}
	if !routed {
		return !lets(b.reach.In(c, netpol.Peer{Addr: internet}, netpol.AtMost)) && !lets(b.reach.In(c, netpol.Peer{Nodes: true}, netpol.AtMost))
	}
	if lets(b.reach.FromElsewhere(c)) {
		return false
	}
	for _, o := range b.out {
		if p := b.reach.ClassOf(o.Pod); p != nil && p != c && len(o.Chain) <= 2 && lets(b.reach.Between(p, c, netpol.AtMost)) {
			return false
		}
	}
	return true
}
