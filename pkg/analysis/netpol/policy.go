// Package netpol reads the network policies of every provider as one thing:
// which pods a policy selects, and in which directions it then isolates them.
// Where a policy cannot be read, or depends on what the render does not hold,
// it counts as selecting, so that no rule says "uncovered" by mistake.
package netpol

import (
	"iter"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Direction is a direction of traffic, seen from the selected pods.
type Direction string

// The directions; they are also the names of the fields that hold rules.
const (
	Ingress Direction = "ingress"
	Egress  Direction = "egress"
)

// Policy is one network policy. A Cilium object may hold several.
type Policy struct {
	Object *manifest.Object
	Spec   manifest.Place
	read   *provider
}

// provider is how one kind of policy is read.
type provider struct {
	group, kind string
	cluster     bool
	// selector is the field of Spec that picks pods.
	selector []any
	// selects reports whether the policy picks the pod, its namespace aside
	// for namespaced kinds.
	selects func(x *index.Index, p Policy, pod manifest.Pod) bool
	// everything reports whether it picks all pods of its namespaces.
	everything func(p Policy) bool
	isolates   func(p Policy, d Direction) bool
	// open reports whether the rule lets everyone in, or out to everyone.
	open func(r manifest.Place, d Direction) bool
}

// Of lists the policies that an object holds; none for other kinds.
func Of(o *manifest.Object) []Policy {
	for i := range providers {
		pr := &providers[i]
		if !o.Is(pr.group, pr.kind) {
			continue
		}
		out := []Policy{}
		if spec := o.At("spec"); spec.Exists() || !o.At("specs").Exists() {
			out = append(out, Policy{o, spec, pr})
		}
		for s := range o.At("specs").Items() {
			out = append(out, Policy{o, s, pr})
		}
		return out
	}
	return nil
}

// Is reports whether the object is a network policy of any kind.
func Is(o *manifest.Object) bool {
	return slices.ContainsFunc(providers, func(p provider) bool { return o.Is(p.group, p.kind) })
}

// All lists the policies of a target.
func All(x *index.Index) []Policy {
	var out []Policy
	for _, o := range x.Objects {
		out = append(out, Of(o)...)
	}
	return out
}

// Selector is the field that picks pods, absent if it is not written.
func (p Policy) Selector() manifest.Place { return p.Spec.At(p.read.selector...) }

// ClusterWide reports whether the policy spans namespaces.
func (p Policy) ClusterWide() bool { return p.read.cluster }

// Selects reports whether the policy applies to the pod.
func (p Policy) Selects(x *index.Index, pod manifest.Pod) bool {
	if !p.read.cluster && x.Namespace(p.Object) != x.Namespace(pod.Object) {
		return false
	}
	return p.read.selects(x, p, pod)
}

// SelectsAll reports whether the policy applies to every pod of its
// namespaces, those of later workloads included.
func (p Policy) SelectsAll() bool { return p.read.everything(p) }

// Isolates reports whether traffic of the direction to or from selected pods
// is refused unless a rule allows it.
func (p Policy) Isolates(d Direction) bool { return p.read.isolates(p, d) }

// Rules yields the rules of a direction.
func (p Policy) Rules(d Direction) iter.Seq[manifest.Place] { return p.Spec.At(string(d)).Items() }

// Open yields the rules of a direction that allow any peer on any port.
func (p Policy) Open(d Direction) iter.Seq[manifest.Place] {
	return func(yield func(manifest.Place) bool) {
		for r := range p.Rules(d) {
			if p.read.open(r, d) && !yield(r) {
				return
			}
		}
	}
}

var providers = slices.Concat(
	[]provider{core, adminPolicy("AdminNetworkPolicy"), adminPolicy("BaselineAdminNetworkPolicy"), adminPolicy("ClusterNetworkPolicy")},
	calico("projectcalico.org"), calico("crd.projectcalico.org"),
	[]provider{cilium("CiliumNetworkPolicy", false), cilium("CiliumClusterwideNetworkPolicy", true)},
)

// core is Kubernetes' own NetworkPolicy.
var core = provider{
	group: "networking.k8s.io", kind: "NetworkPolicy",
	selector: []any{"podSelector"},
	selects: func(_ *index.Index, p Policy, pod manifest.Pod) bool {
		return index.Matches(p.Selector(), pod.Labels())
	},
	everything: func(p Policy) bool { return emptySelector(p.Selector()) },
	isolates: func(p Policy, d Direction) bool {
		if types := p.Spec.At("policyTypes"); types.Len() > 0 {
			return slices.ContainsFunc(types.Strings(), func(s string) bool { return strings.EqualFold(s, string(d)) })
		}
		return d == Ingress || p.Spec.At("egress").Len() > 0
	},
	open: func(r manifest.Place, d Direction) bool {
		peers := r.At(map[Direction]string{Ingress: "from", Egress: "to"}[d])
		if r.At("ports").Len() > 0 {
			return false
		}
		if peers.Len() == 0 {
			return true
		}
		for peer := range peers.Items() {
			if AnyAddress(peer.At("ipBlock", "cidr").Str()) && peer.At("ipBlock", "except").Len() == 0 {
				return true
			}
		}
		return false
	},
}

// adminPolicy is one of the cluster administrator's kinds. They order and deny
// rather than isolate; one that has rules for a direction governs it.
func adminPolicy(kind string) provider {
	return provider{
		group: "policy.networking.k8s.io", kind: kind, cluster: true,
		selector: []any{"subject"},
		selects: func(x *index.Index, p Policy, pod manifest.Pod) bool {
			s := p.Selector()
			if ns := s.At("namespaces"); ns.Exists() {
				return x.MatchesNamespace(ns, x.Namespace(pod.Object))
			}
			return x.MatchesNamespace(s.At("pods", "namespaceSelector"), x.Namespace(pod.Object)) &&
				index.Matches(s.At("pods", "podSelector"), pod.Labels())
		},
		everything: func(p Policy) bool {
			s := p.Selector()
			return s.At("namespaces").Exists() || emptySelector(s.At("pods", "podSelector"))
		},
		isolates: func(p Policy, d Direction) bool {
			for r := range p.Rules(d) {
				if r.At("action").Str() == "Deny" {
					return true
				}
			}
			return false
		},
		open: func(manifest.Place, Direction) bool { return false },
	}
}

// emptySelector reports whether a label selector selects everything.
func emptySelector(s manifest.Place) bool {
	return s.At("matchLabels").Len() == 0 && s.At("matchExpressions").Len() == 0
}

// AnyAddress reports whether a range is the whole of IPv4 or IPv6.
func AnyAddress(cidr string) bool { return cidr == "0.0.0.0/0" || cidr == "::/0" }
