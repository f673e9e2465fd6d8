package reliability

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ReadinessProbeMissing reports containers behind a Service that are sent
// traffic before they can answer.
var ReadinessProbeMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "readiness-probe-missing", Severity: result.Low, Since: "0.1",
		Title: "Container behind a Service has no readiness probe",
		Why: `Without a readiness probe a container counts as ready once its process starts.
The Service sends it requests while it still loads, at every rollout and
restart, and they fail.`,
		Fix: "set readinessProbe on the container",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, pod := range p.Index.Pods() {
			if runsToEnd(pod.Object) {
				continue
			}
			for c := range pod.Containers(manifest.Main) {
				at := c.At("readinessProbe")
				if service := serving(p.Index, pod, c); service != nil && at.Len() == 0 {
					p.Add(rule.Problem{
						At:      at,
						Message: fmt.Sprintf("container %q has no readiness probe, and %s sends it traffic: requests fail while it starts", c.Name, service),
						Related: []result.Related{rule.See(service.At("spec", "selector"), "%s selects the pod", service)},
					})
				}
			}
		}
	},
}

// serving is a Service that sends traffic to a declared port of the container.
func serving(x *index.Index, pod manifest.Pod, c manifest.Container) *manifest.Object {
	for _, service := range x.Kind("", "Service") {
		if x.Namespace(service) != x.Namespace(pod.Object) || !index.MatchesMap(service.At("spec", "selector"), pod.Labels()) {
			continue
		}
		for port := range service.At("spec", "ports").Items() {
			if _, ok := c.Port(targetPort(port).Str()); ok {
				return service
			}
		}
	}
	return nil
}
