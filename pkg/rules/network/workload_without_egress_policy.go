package network

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WorkloadWithoutEgressPolicy reports workloads that may connect anywhere where others may not.
var WorkloadWithoutEgressPolicy = &rule.Rule{
	Meta: rule.Meta{
		ID: "workload-without-egress-policy", Severity: result.Low, Since: "0.1",
		Title: "No policy limits where the workload connects to",
		Why: `Egress policies keep a broken pod from fetching tools, sending data out and
reaching the metadata service of the cloud. A target that limits some
workloads shows that it means to; one that it left out is the way around.`,
		Fix: "add a NetworkPolicy that selects the pods with policyTypes [Egress] and lists what they need, DNS included",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-egress-traffic",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Universe: func(p *rule.Pass) {
		namespaces := netpol.Coverage(p.Index, netpol.Egress)
		var bare []manifest.Pod
		limited := false
		for _, n := range namespaces {
			bare = append(bare, n.Bare...)
			limited = limited || len(n.Bare) < len(n.Pods)
		}
		switch {
		case len(bare) == 0:
		case limited:
			for _, pod := range bare {
				p.Report(pod.Template.At("metadata", "labels"), "no policy selects %s for egress, though others are limited: it may connect to everything", pod.Object)
			}
		default:
			p.Add(rule.Problem{
				At: bare[0].Object.At("metadata", "name"), Evidence: "target", Severity: new(result.Info),
				Message: fmt.Sprintf("no policy of the target limits egress: each of its %d workloads may connect to everything", len(bare)),
			})
		}
	},
}
