package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SecurityContextMissing reports containers that neither they nor their pod
// give a securityContext.
var SecurityContextMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "security-context-missing", Severity: result.Info, Off: true, Since: "0.1",
		Title: "No securityContext is set",
		Why: `Without any securityContext every hardening field has its default, which is
the permissive one. Each missing field has its own rule; this one only counts,
hence off by default.`,
		Fix: "set securityContext on the pod or the container",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		at := c.At("securityContext")
		if at.Len() == 0 && pod.Spec.At("securityContext").Len() == 0 {
			p.Report(at, "container %q has no securityContext, nor has its pod: every default is the permissive one", c.Name)
		}
	},
}
