package reliability

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// HpaCannotScale reports autoscalers that can never scale, or that work against
// another one.
var HpaCannotScale = &rule.Rule{
	Meta: rule.Meta{
		ID: "hpa-cannot-scale", Severity: result.Medium, Since: "0.1",
		Title: "Autoscaler cannot scale",
		Why: `An autoscaler whose bounds meet, that measures against a request which no
container has, or that shares its workload with another autoscaler, looks like
protection against load and is none.`,
		Fix: "leave room between minReplicas and maxReplicas, set requests for what is measured, and keep one autoscaler for each workload and resource",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
		},
	},
	Universe: func(p *rule.Pass) {
		first := map[*manifest.Object]*manifest.Object{}
		for _, hpa := range p.Index.Objects {
			if !isHPA(hpa) {
				continue
			}
			if at, least := hpa.At("spec", "maxReplicas"), leastReplicas(hpa); at.Exists() {
				if most, ok := at.Int(); ok && most <= least {
					p.Report(at, "%s has between %d and %d replicas to choose from: it never scales", hpa, least, most)
				}
			}
			target := scaleTarget(p.Index, hpa)
			if target == nil {
				continue
			}
			at := hpa.At("spec", "scaleTargetRef")
			if other := first[target]; other != nil {
				p.Add(rule.Problem{At: at, Message: fmt.Sprintf("%s scales %s, which %s scales too: they work against each other", hpa, target, other),
					Related: []result.Related{rule.See(other.At("spec", "scaleTargetRef"), "%s names the same workload", other)}})
			} else {
				first[target] = hpa
			}
			checkMetrics(p, hpa, target)
		}
	},
}

// checkMetrics reports the resources that an autoscaler measures and cannot
// rely on: without a request, or changed by a vertical autoscaler.
func checkMetrics(p *rule.Pass, hpa, target *manifest.Object) {
	pod, ok := target.Pod()
	if !ok {
		return
	}
	for m := range resourceMetrics(hpa) {
		if m.utilization {
			for c := range pod.Containers(manifest.Init, manifest.Main) {
				if (c.Kind == manifest.Init && !c.Sidecar()) || m.container != "" && m.container != c.Name {
					continue
				}
				if !p.Index.Resource(pod, c, "requests", m.resource).Exists() {
					p.Add(rule.Problem{At: m.at, Evidence: m.resource + c.Name,
						Message: fmt.Sprintf("%s measures %s against the request, and container %q of %s has none: it never scales", hpa, m.resource, c.Name, target)})
				}
			}
		}
		for _, vpa := range p.Index.Kind("autoscaling.k8s.io", "VerticalPodAutoscaler") {
			if verticalTarget(p.Index, vpa) == target && verticallyScaled(vpa, m.resource) {
				p.Add(rule.Problem{At: m.at, Evidence: m.resource,
					Message: fmt.Sprintf("%s scales %s by %s, which %s changes: they work against each other", hpa, target, m.resource, vpa),
					Related: []result.Related{rule.See(vpa.At("spec", "targetRef"), "%s names the same workload", vpa)}})
			}
		}
	}
}
