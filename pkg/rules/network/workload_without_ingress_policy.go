package network

import (
	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WorkloadWithoutIngressPolicy reports workloads that were left out where policies isolate others.
var WorkloadWithoutIngressPolicy = &rule.Rule{
	Meta: rule.Meta{
		ID: "workload-without-ingress-policy", Severity: result.Medium, Since: "0.1",
		Title: "No NetworkPolicy isolates the workload",
		Why: `A pod that no policy selects accepts connections from every pod of the
cluster, whatever protects its neighbours. One broken pod anywhere then
reaches it, unauthenticated ports for metrics and debugging included.`,
		Fix: "add a NetworkPolicy whose podSelector selects the pods, or one with an empty podSelector for the whole namespace",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, n := range netpol.Coverage(p.Index, netpol.Ingress) {
			if reportedWhole(n, p.Index.NamespaceObject(n.Name) != nil) {
				continue
			}
			for _, pod := range n.Bare {
				p.Report(pod.Template.At("metadata", "labels"), "no policy selects %s for ingress: every pod of the cluster may connect to it", pod.Object)
			}
		}
	},
}
