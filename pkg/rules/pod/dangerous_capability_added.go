package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// DangerousCapabilityAdded reports added capabilities that give the node or its
// network away.
var DangerousCapabilityAdded = &rule.Rule{
	Meta: rule.Meta{
		ID: "dangerous-capability-added", Severity: result.High, Since: "0.1",
		Title: "Container adds a capability that gives the node away",
		Why: `Each of these capabilities has a documented way out of the container or into
the node's network: loading modules or BPF programs, mounting, tracing, raw
input and output, reading any file by handle, or changing the node's
interfaces and security modules.`,
		Fix: "remove the capability from securityContext.capabilities.add",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
			"https://man7.org/linux/man-pages/man7/capabilities.7.html",
		},
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		for name, at := range c.Capabilities("add") {
			if gradeOf(name) == gradeDangerous {
				p.Report(at, "container %q adds capability %q, which gives the node or its network away", c.Name, name)
			}
		}
	},
}
