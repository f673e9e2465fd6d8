package network

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// HostNetworkBypassesPolicy reports policies that select pods in their node's
// network.
var HostNetworkBypassesPolicy = &rule.Rule{
	Meta: rule.Meta{
		ID: "host-network-bypasses-policy", Severity: result.Medium, Since: "0.1",
		Title: "Policy selects a pod that it does not reach",
		Why: `A pod with hostNetwork has its node's address, and network plugins do not
enforce policies on it. The policy reads as if the pod were isolated, and it is
open to the node's whole network.`,
		Fix: "leave hostNetwork out, or protect the host itself: by its firewall, or host endpoints of Calico or Cilium",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-and-hostnetwork-pods",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, group := range [...]string{"projectcalico.org", "crd.projectcalico.org"} {
			if len(p.Index.Kind(group, "HostEndpoint")) > 0 {
				return // policies of Calico hold for the hosts themselves
			}
		}
		policies := netpol.All(p.Index)
		for _, pod := range p.Index.Pods() {
			if !pod.HostNetwork() {
				continue
			}
			for _, policy := range policies {
				if policy.ClusterWide() && policy.SelectsAll() || !policy.Selects(p.Index, pod) {
					continue // one for the whole cluster means no pod in particular
				}
				p.Add(rule.Problem{
					At: pod.Spec.At("hostNetwork"), Evidence: policy.Object.Key.Name,
					Message: fmt.Sprintf("%s selects the hostNetwork pods of %s, where it has no effect", policy.Object, pod.Object),
					Related: []result.Related{rule.See(policy.Selector(), "the selector")},
				})
			}
		}
	},
}
