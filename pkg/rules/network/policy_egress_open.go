package network

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PolicyEgressOpen reports policies that let pods connect to anywhere.
var PolicyEgressOpen = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-egress-open", Severity: result.Low, Since: "0.1",
		Title: "Policy lets pods connect to anywhere",
		Why: `A policy that allows every destination reads as if it limited the pod. Whoever
takes the pod over carries data out, fetches tools, and reaches the cluster's
private networks.`,
		Fix: "name the destinations in the rule, or except the private ranges and list the ports",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	On: netpol.Is,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for _, policy := range netpol.Of(o) {
			for r := range policy.Rules(netpol.Egress) {
				at, ok := anywhere(r)
				if !ok {
					continue
				}
				ports := rulePorts(r)
				pr := rule.Problem{At: at, Message: o.String() + " lets the pods that it selects connect to anywhere: data may leave, and private networks are in reach"}
				if len(ports) > 0 {
					if slices.ContainsFunc(ports, func(port string) bool { return port != "80" && port != "443" }) {
						continue
					}
					pr.Severity = new(result.Info)
					pr.Message = o.String() + " lets the pods that it selects connect to anywhere on ports of the web"
				}
				p.Add(pr)
			}
		}
	},
}
