package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// AllowPrivilegeEscalation reports containers whose processes may gain more
// privileges than they started with.
var AllowPrivilegeEscalation = &rule.Rule{
	Meta: rule.Meta{
		ID: "allow-privilege-escalation", Severity: result.Medium, Since: "0.1",
		Title: "Container allows privilege escalation",
		Why: `Without allowPrivilegeEscalation: false the kernel honours set-user-id bits and
file capabilities, so an unprivileged process can become root inside the
container through any such binary of the image. Kubernetes allows it where the
field is absent.`,
		Fix:  "set securityContext.allowPrivilegeEscalation: false on the container",
		Want: "false",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		at := c.At("securityContext", "allowPrivilegeEscalation")
		// Where false cannot take effect the rule on its cause speaks.
		if pod.Windows() || c.Privileged() || c.Adds("SYS_ADMIN") {
			return
		}
		switch allowed, ok := at.Bool(); {
		case !ok:
			p.Report(at, "container %q does not forbid privilege escalation: the default allows set-user-id programs to raise privileges", c.Name)
		case allowed:
			p.Report(at, "container %q allows privilege escalation: set-user-id programs may raise privileges", c.Name)
		}
	},
}
