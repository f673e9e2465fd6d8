package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WritableRootFilesystem reports containers that may write their root file
// system.
var WritableRootFilesystem = &rule.Rule{
	Meta: rule.Meta{
		ID: "writable-root-filesystem", Severity: result.Low, Since: "0.1",
		Title: "Container's root file system is writable",
		Why: `Whoever breaks in can change the program, install tools and leave them for the
next request. A read-only root makes that fail, and shows which folders a
program really writes.`,
		Fix:  "set securityContext.readOnlyRootFilesystem: true, and mount an emptyDir where the program writes",
		Want: "true",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		if at := c.At("securityContext", "readOnlyRootFilesystem"); !pod.Windows() && !at.IsTrue() {
			p.Report(at, "container %q may write its root file system: an intruder can change its programs", c.Name)
		}
	},
}
