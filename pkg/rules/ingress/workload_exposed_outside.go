package ingress

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/exposure"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WorkloadExposedOutside lists the workloads that answer from outside of the cluster.
var WorkloadExposedOutside = &rule.Rule{
	Meta: rule.Meta{
		ID: "workload-exposed-outside", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Workload answers from outside",
		Why: `What answers from outside is what attackers try first. The list shows whether
that is meant for each workload, and over which objects it happens: a route and
its Service, a load balancer, a node port, a host port. Ways for inside only, by
class, annotation or source range, and ways that network policies close are left
out.`,
		Fix: "if it is not meant, remove the route, set spec.type: ClusterIP, or close the way with a network policy",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
			"https://kubernetes.io/docs/concepts/services-networking/ingress/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, pod := range p.Index.Pods() {
			ways := p.Exposure().Outside(pod)
			if len(ways) == 0 {
				continue
			}
			p.Add(rule.Problem{
				At:      pod.Object.At("metadata", "name"),
				Message: fmt.Sprintf("%s answers from outside of the cluster on %s", pod.Object, exposure.Addresses(ways)),
				Related: ways[0].Related(),
			})
		}
	},
}
