package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// RunAsNonRoot reports containers that may start as user 0.
var RunAsNonRoot = &rule.Rule{
	Meta: rule.Meta{
		ID: "run-as-non-root", Severity: result.Medium, Since: "0.1",
		Title: "Container may run as root",
		Why: `A process that runs as user 0 in the container is user 0 for the kernel too,
unless user namespaces are on: one kernel or runtime fault then gives it the
node. The image alone decides the user where the manifest is silent, and the
next image may decide otherwise.`,
		Fix:  "set securityContext.runAsNonRoot: true on the pod or the container, or runAsUser to a number above 0",
		Want: "true",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		if pod.Windows() || pod.Inherit(c, "runAsNonRoot").IsTrue() {
			return
		}
		// Above 0 is enough; 0 itself runs-as-root-user says more strongly.
		if _, ok := pod.Inherit(c, "runAsUser").Int(); ok {
			return
		}
		p.Report(c.At("securityContext", "runAsNonRoot"), "container %q may run as root: nothing demands another user", c.Name)
	},
}
