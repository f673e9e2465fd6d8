package reliability

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// LivenessProbeMissing reports long-running containers that nobody asks whether
// they live.
var LivenessProbeMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "liveness-probe-missing", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Container has no liveness probe",
		Why: `A process that hangs without ending is only restarted if a liveness probe
fails. A wrong probe restarts healthy pods, though, which is why this rule is
off by default.`,
		Fix: "set livenessProbe on the container",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		if at := c.At("livenessProbe"); c.Kind == manifest.Main && at.Len() == 0 && !runsToEnd(pod.Object) {
			p.Report(at, "container %q has no liveness probe: if it hangs, nothing restarts it", c.Name)
		}
	},
}
