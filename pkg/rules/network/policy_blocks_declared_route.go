package network

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PolicyBlocksDeclaredRoute reports routes and clients that policies cut off
// from the Service that they name.
var PolicyBlocksDeclaredRoute = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-blocks-declared-route", Severity: result.Medium, Since: "0.1",
		Title: "Policies block a route that is declared",
		Why: `A route or a setting says that a connection is meant, and the policies stop it:
users get errors of the gateway, clients time out. Policies see the pods' ports
and labels, so the Service being right does not help.`,
		Fix: "let the policy of the Service's pods admit the peer on the pods' port, and that of the client let it out",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/",
		},
	},
	Universe: func(p *rule.Pass) {
		r := p.Reach()
		for _, o := range p.Index.Objects {
			for _, b := range route.Backends(p.Index, o) {
				if s := p.Index.Get("", "Service", b.Namespace, b.Name); s != nil {
					blockedRoute(p, r, o, b, s)
				}
			}
		}
		for _, c := range route.Clients(p.Index) {
			blockedClient(p, r, c)
		}
	},
}

// blockedRoute looks at a route: its controller is somewhere in the cluster,
// so that the route is blocked where nobody from elsewhere is let in.
func blockedRoute(p *rule.Pass, r *netpol.Reach, o *manifest.Object, b route.Backend, s *manifest.Object) {
	for _, pod := range route.Pods(p.Index, s) {
		c := r.ClassOf(pod)
		if c == nil || c.Host {
			continue
		}
		meant := portsOf(route.Targets(s, b.Port.Str(), pod))
		if meant.Empty() || !r.FromElsewhere(c).And(meant).Empty() {
			continue
		}
		for _, peer := range r.Classes {
			// A controller of the target's own, or one beside the pods.
			if peer != c && peer.Namespace == c.Namespace && !r.In(c, netpol.Peer{Class: peer}, netpol.AtMost).And(meant).Empty() && routes(peer) {
				return
			}
		}
		policy := closer(r, c, netpol.Ingress, netpol.Peer{Nodes: true}, meant)
		if policy.Object == nil {
			continue
		}
		p.Add(rule.Problem{
			At: b.At, Evidence: s.Key.Name,
			Message: fmt.Sprintf("%s cannot reach service %q: %s admits nothing from outside of the namespace on %s of %s", o, s.Key.Name, policy.Object, meant, pod.Object),
			Related: []result.Related{rule.See(policy.Spec, "%s selects the pods of the service", policy.Object), rule.See(s.At("metadata", "name"), "the service")},
		})
		return
	}
}

// routes reports whether the class looks like what serves routes.
func routes(c *netpol.Class) bool {
	for _, pod := range c.Pods {
		for k := range pod.Containers() {
			for port := range k.At("ports").Items() {
				if n, _ := port.At("containerPort").Int(); n == 80 || n == 443 || n == 8080 || n == 8443 || n == 8000 {
					return true
				}
			}
		}
	}
	return false
}
