package network

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PolicyPeerSelectsNothing reports peers that match nothing in the target.
var PolicyPeerSelectsNothing = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-peer-selects-nothing", Severity: result.Low, Since: "0.1",
		Title: "Policy's peer selects nothing",
		Why: `A peer that no pod matches lets nobody in: who was meant is refused, or came in
through another rule that is too wide. Mostly a label is wrong.`,
		Fix: "select labels that the peers' pods and namespaces have",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, policy := range netpol.All(p.Index) {
			if !policy.Object.Is("networking.k8s.io", "NetworkPolicy") {
				continue
			}
			for _, list := range [...]struct {
				rules netpol.Direction
				peers string
			}{{netpol.Ingress, "from"}, {netpol.Egress, "to"}} {
				for r := range policy.Rules(list.rules) {
					for peer := range r.At(list.peers).Items() {
						checkPeer(p, policy, peer)
					}
				}
			}
		}
	},
}

func checkPeer(p *rule.Pass, policy netpol.Policy, peer manifest.Place) {
	pods, in := peer.At("podSelector"), peer.At("namespaceSelector")
	own := p.Index.Namespace(policy.Object)
	names := []string{own}
	if in.Exists() {
		var known bool
		if names, known = namespacesOf(p.Index, in, own); !known {
			return
		}
		if len(names) == 0 {
			p.Report(in, "%s has a peer whose namespaceSelector matches no namespace here: it lets nobody through", policy.Object)
			return
		}
	}
	labels := pods.At("matchLabels")
	if labels.Len()+pods.At("matchExpressions").Len() == 0 || slices.ContainsFunc(names, func(n string) bool {
		return !p.Index.Owns(n) || p.Index.OperatorMakes(labels, n) ||
			slices.ContainsFunc(p.Index.PodsIn(n), func(pod manifest.Pod) bool { return index.Matches(pods, pod.Labels()) })
	}) {
		return
	}
	p.Report(pods, "%s has a peer whose podSelector matches no pod: it lets nobody through%s", policy.Object, nearestLabel(p.Index, labels, names[0]))
}

// namespacesOf lists the namespaces that a selector picks. They are known if it
// asks for names, which every namespace has as a label, or if the target
// renders the policy's own Namespace, and so is where their labels are kept.
func namespacesOf(x *index.Index, selector manifest.Place, own string) (names []string, known bool) {
	if names = namesAsked(selector); len(names) > 0 {
		return names, true
	}
	if x.NamespaceObject(own) == nil || selector.Len() == 0 {
		return nil, false
	}
	for _, ns := range x.Kind("", "Namespace") {
		if x.MatchesNamespace(selector, ns.Key.Name) {
			names = append(names, ns.Key.Name)
		}
	}
	return names, true
}

func namesAsked(selector manifest.Place) []string {
	if at := selector.At("matchLabels", index.NamespaceName); at.Exists() {
		return []string{at.Str()}
	}
	for e := range selector.At("matchExpressions").Items() {
		if e.At("key").Str() == index.NamespaceName && e.At("operator").Str() == "In" {
			return e.At("values").Strings()
		}
	}
	return nil
}
