package reliability

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ReadinessParams are the rule's parameters.
type ReadinessParams struct {
	// BehindService leaves out containers that no rendered Service sends
	// traffic to.
	BehindService bool `yaml:"behindService"`
}

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
	Params: func() any { return &ReadinessParams{BehindService: true} },
	Universe: func(p *rule.Pass) {
		behind := p.Params.(*ReadinessParams).BehindService
		for _, pod := range p.Index.Pods() {
			if runsToEnd(pod.Object) {
				continue
			}
			for c := range pod.Containers(manifest.Main) {
				at := c.At("readinessProbe")
				if at.Len() > 0 {
					continue
				}
				switch service := serving(p.Index, pod, c); {
				case service == nil && !behind:
					p.Report(at, "container %q has no readiness probe: it counts as ready once its process starts", c.Name)
				case service != nil:
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

// serving is a Service that sends traffic to the container: to a port that it
// declares or, where the pod declares the port nowhere, to the pod, of which
// the first container stands for all unless another one's probe does.
func serving(x *index.Index, pod manifest.Pod, c manifest.Container) *manifest.Object {
	for _, service := range x.Kind("", "Service") {
		if x.Namespace(service) != x.Namespace(pod.Object) || !index.MatchesMap(service.At("spec", "selector"), pod.Labels()) {
			continue
		}
		for port := range service.At("spec", "ports").Items() {
			target := targetPort(port).Str()
			declares := func(c manifest.Container) bool { _, ok := c.Port(target); return ok }
			if declares(c) || standsFor(pod, c) && !hasContainer(pod, declares) {
				return service
			}
		}
	}
	return nil
}

// standsFor reports whether the container is the pod's first and no container
// of the pod has a readiness probe, which holds for the pod as a whole.
func standsFor(pod manifest.Pod, c manifest.Container) bool {
	for first := range pod.Containers(manifest.Main) {
		return first.Name == c.Name && !hasContainer(pod, func(c manifest.Container) bool { return c.At("readinessProbe").Len() > 0 })
	}
	return false
}

func hasContainer(pod manifest.Pod, ok func(manifest.Container) bool) bool {
	for c := range pod.Containers(manifest.Main) {
		if ok(c) {
			return true
		}
	}
	return false
}
