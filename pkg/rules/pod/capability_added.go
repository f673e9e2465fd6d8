package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// CapabilityAdded reports added capabilities beyond the Pod Security baseline.
var CapabilityAdded = &rule.Rule{
	Meta: rule.Meta{
		ID: "capability-added", Severity: result.High, Since: "0.1",
		Title: "Container adds a capability beyond the baseline",
		Why: `Capabilities beyond the baseline reach past the container: NET_RAW forges
packets on the pod network, SYS_TIME sets the node's clock, SYSLOG reads the
kernel's log. Clusters that enforce the baseline refuse such pods.`,
		Fix: "remove the capability from securityContext.capabilities.add",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
			"https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/",
			"https://man7.org/linux/man-pages/man7/capabilities.7.html",
		},
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		for name, at := range c.Capabilities("add") {
			if gradeOf(name) == gradeBeyondBaseline {
				p.Report(at, "container %q adds capability %q, which the Pod Security baseline refuses", c.Name, name)
			}
		}
	},
}
