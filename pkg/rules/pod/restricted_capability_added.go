package pod

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// AllowedParams are the rule's parameters.
type AllowedParams struct {
	// Allowed are capabilities that may be added, as the kernel names them,
	// without CAP_.
	Allowed []string `yaml:"allowed"`
}

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
	Params: func() any { return &AllowedParams{Allowed: []string{"NET_BIND_SERVICE"}} },
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		if pod.Windows() {
			return
		}
		allowed := p.Params.(*AllowedParams).Allowed
		for name, at := range c.Capabilities("add") {
			if g := gradeOf(name); (g == gradeBaseline || g == gradeRestricted) && !slices.Contains(allowed, name) {
				p.Report(at, "container %q adds capability %q, which the restricted Pod Security level refuses", c.Name, name)
			}
		}
	},
}
