package pod

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ProcMountUnmasked reports containers that see the whole of /proc.
var ProcMountUnmasked = &rule.Rule{
	Meta: rule.Meta{
		ID: "proc-mount-unmasked", Severity: result.High, Since: "0.1",
		Title: "Container's /proc is unmasked",
		Why: `Runtimes hide or lock the parts of /proc that show and change the kernel of
the node: kcore, sysrq, keys and others. Unmasked gives them back. With a user
namespace of its own the pod gains little by it, so the finding is low there.`,
		Fix:  "remove securityContext.procMount, or set it to Default",
		Want: "Default",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#proc-access",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		at := c.At("securityContext", "procMount")
		if v := at.Str(); v == "" || v == "Default" {
			return
		}
		problem := rule.Problem{At: at, Message: fmt.Sprintf("container %q mounts /proc as %q: it may read and change kernel settings of the node", c.Name, at.Str())}
		if pod.OwnUsers() {
			low := result.Low
			problem.Severity = &low
		}
		p.Add(problem)
	},
}
