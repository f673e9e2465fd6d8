package pod

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PrivilegedContainer reports containers that run with privileged: true.
var PrivilegedContainer = &rule.Rule{
	Meta: rule.Meta{
		ID: "privileged-container", Severity: result.Critical, Since: "0.1",
		Title: "Container is privileged",
		Why: `A privileged container has every capability, every device of the node and no
seccomp or AppArmor profile. Whoever controls a process in it controls the
node, and with the node's credentials often the cluster.`,
		Fix:  "remove securityContext.privileged, and add only the capabilities or devices that the container needs",
		Want: "false",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
			"https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/#privileged-containers",
		},
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		if !c.Privileged() {
			return
		}
		problem := rule.Problem{
			At:      c.At("securityContext", "privileged"),
			Message: fmt.Sprintf("container %q is privileged: it has every capability and device of the node", c.Name),
		}
		// What privileged makes pointless, allow-privilege-escalation asks for
		// without it.
		if at := c.At("securityContext", "allowPrivilegeEscalation"); !at.Exists() || at.IsTrue() {
			problem.Also = []rule.Want{{At: at, Value: "false"}}
		}
		p.Add(problem)
	},
}
