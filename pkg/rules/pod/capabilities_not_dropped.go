package pod

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// CapabilitiesNotDropped reports containers that keep capabilities of the
// runtime's default set.
var CapabilitiesNotDropped = &rule.Rule{
	Meta: rule.Meta{
		ID: "capabilities-not-dropped", Severity: result.Medium, Since: "0.1",
		Title: "Container keeps default capabilities",
		Why: `Runtimes give each container some fourteen capabilities, among them to change
owners, to forge packets and to make device nodes. Programs that listen on a
high port need none, and each one left is a tool for whoever breaks in.`,
		Fix:  "set securityContext.capabilities.drop: [ALL] on the container, and add back only what it needs",
		Want: "[ALL]",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		if pod.Windows() {
			return
		}
		kept := defaultCapabilities()
		before := len(kept)
		for name := range c.Capabilities("drop") {
			if name == "ALL" {
				return
			}
			kept = slices.DeleteFunc(kept, func(k string) bool { return k == name })
		}
		at := c.At("securityContext", "capabilities", "drop")
		switch {
		case len(kept) == before:
			p.Report(at, "container %q drops no default capability: whoever breaks in may use them all", c.Name)
		case len(kept) > 0:
			p.Report(at, "container %q keeps the default capabilities %s", c.Name, strings.Join(kept, ", "))
		}
	},
}
