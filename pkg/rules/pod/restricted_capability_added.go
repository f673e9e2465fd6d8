package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// RestrictedCapabilityAdded reports added capabilities that the baseline
// tolerates and restricted does not.
var RestrictedCapabilityAdded = &rule.Rule{
	Meta: rule.Meta{
		ID: "restricted-capability-added", Severity: result.Medium, Since: "0.1",
		Title: "Container adds a capability that restricted pods may not have",
		Why: `These capabilities belong to most runtimes' default set and let root inside
the container change owners, modes and identities. A process that does not run
as root needs none of them but NET_BIND_SERVICE, and clusters that enforce the
restricted level refuse such pods.`,
		Fix: "remove the capability from securityContext.capabilities.add; NET_BIND_SERVICE alone may stay",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
			"https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		if pod.Windows() {
			return
		}
		for name, at := range c.Capabilities("add") {
			if gradeOf(name) == gradeBaseline {
				p.Report(at, "container %q adds capability %q, which the restricted Pod Security level refuses", c.Name, name)
			}
		}
	},
}
