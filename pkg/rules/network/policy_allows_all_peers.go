package network

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PolicyAllowsAllPeers reports policies that admit everyone.
var PolicyAllowsAllPeers = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-allows-all-peers", Severity: result.Medium, Since: "0.1",
		Title: "Policy admits everyone",
		Why: `A rule without peers, or with every address, admits every pod and whatever
reaches the node from outside: the policy is written and isolates nothing. A
workload that a load balancer or a route publishes may be open at its ports.`,
		Fix: "name the peers in the rule with podSelector, namespaceSelector or ipBlock",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	On: netpol.Is,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for _, policy := range netpol.Of(o) {
			for r := range policy.Rules(netpol.Ingress) {
				at, ok := everyone(r)
				if !ok {
					continue
				}
				pr := rule.Problem{At: at, Message: o.String() + " lets everyone connect to the pods that it selects: it isolates nothing"}
				if ports := rulePorts(r); len(ports) > 0 {
					public := published(p.Index, policy)
					if !slices.ContainsFunc(ports, func(port string) bool { return !slices.Contains(public, port) }) {
						continue
					}
					pr.Severity = new(result.Low)
					pr.Message = o.String() + " lets everyone connect to ports of the pods that it selects: whoever reaches the network may try them"
				}
				p.Add(pr)
			}
		}
	},
}
