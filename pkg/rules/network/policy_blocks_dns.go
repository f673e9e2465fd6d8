package network

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PolicyBlocksDNS reports workloads whose egress is limited and that may ask no
// name server.
var PolicyBlocksDNS = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-blocks-dns", Severity: result.Low, Since: "0.1",
		Title: "Egress policy leaves no way to DNS",
		Why: `An egress policy that names destinations and forgets DNS stops them all: the
names of Services and hosts no longer resolve, and the application times out
in ways that do not look like a policy.`,
		Fix: "allow UDP and TCP 53 to the pods k8s-app=kube-dns of kube-system",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/",
			"https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/",
		},
	},
	Universe: func(p *rule.Pass) {
		r := p.Reach()
		blocked := map[*manifest.Object][]manifest.Pod{}
		var order []netpol.Policy
		for _, c := range r.Classes {
			if len(c.Pods) == 0 || c.Host || !r.Isolated(c, netpol.Egress) || r.Resolves(c) {
				continue
			}
			for _, s := range r.Explain(c, netpol.Egress, netpol.Peer{Nodes: true}, netpol.AtMost) {
				if s.Allowed || s.Passed || !s.Ports.Has(netpol.UDP, 53) {
					continue
				}
				if blocked[s.Policy.Object] == nil {
					order = append(order, s.Policy)
				}
				for _, pod := range c.Pods {
					if pod.Spec.At("dnsPolicy").Str() != "None" && pod.Spec.At("dnsPolicy").Str() != "Default" {
						blocked[s.Policy.Object] = append(blocked[s.Policy.Object], pod)
					}
				}
				break
			}
		}
		for _, policy := range order {
			if pods := blocked[policy.Object]; len(pods) > 0 {
				p.Add(rule.Problem{
					At: policy.Spec, Related: seePods(pods, "%s is selected"),
					Message: fmt.Sprintf("%s limits the egress of %s, and nothing opens UDP 53: no name resolves", policy.Object, who(pods)),
				})
			}
		}
	},
}
