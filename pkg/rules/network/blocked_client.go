package network

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// blockedClient looks at a workload whose settings name a Service.
func blockedClient(p *rule.Pass, r *netpol.Reach, c route.Client) {
	from := r.ClassOf(c.Pod)
	if from == nil || from.Host {
		return
	}
	for _, pod := range route.Pods(p.Index, c.Service) {
		to := r.ClassOf(pod)
		meant := portsOf(route.Targets(c.Service, c.Port, pod))
		if to == nil || to == from || meant.Empty() || !r.Between(from, to, netpol.AtMost).And(meant).Empty() {
			continue
		}
		verb, policy := "lets nothing out to it", closer(r, from, netpol.Egress, netpol.Peer{Class: to}, meant)
		if policy.Object == nil {
			verb, policy = "admits nothing from it", closer(r, to, netpol.Ingress, netpol.Peer{Class: from}, meant)
		}
		if policy.Object == nil {
			continue
		}
		p.Add(rule.Problem{
			At: c.At, Evidence: c.Service.Key.Name,
			Message: fmt.Sprintf("%s names service %q, which it cannot reach on %s: %s %s", c.Pod.Object, c.Service.Key.Name, meant, policy.Object, verb),
			Related: []result.Related{rule.See(policy.Spec, "%s decides", policy.Object), rule.See(c.Service.At("metadata", "name"), "the service")},
		})
		return
	}
}

// closer is the policy that closes the ports.
func closer(r *netpol.Reach, c *netpol.Class, d netpol.Direction, peer netpol.Peer, ports netpol.Ports) netpol.Policy {
	for _, s := range r.Explain(c, d, peer, netpol.AtMost) {
		if !s.Allowed && !s.Passed && !s.Ports.And(ports).Empty() {
			return s.Policy
		}
	}
	return netpol.Policy{}
}

func portsOf(targets []route.Target) netpol.Ports {
	var out netpol.Ports
	for _, t := range targets {
		for _, p := range [...]netpol.Protocol{netpol.TCP, netpol.UDP, netpol.SCTP} {
			if p.String() == t.Protocol {
				out = out.Or(netpol.PortsOf(p, t.Number, t.Number))
			}
		}
	}
	return out
}
