package pod

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// RunsAsRootUser reports containers that are told to run as root.
var RunsAsRootUser = &rule.Rule{
	Meta: rule.Meta{
		ID: "runs-as-root-user", Severity: result.Medium, Since: "0.1",
		Title: "Container runs as root",
		Why: `User 0 in the container is user 0 for the kernel too, unless user namespaces
are on. It may write every file of the image, use every capability that was
left, and turns one kernel or runtime fault into the node.`,
		Fix: "set runAsUser to a number above 0 on the container or the pod (runAsUserName: ContainerUser on Windows), and runAsNonRoot: true",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		if at := pod.Inherit(c, "windowsOptions", "runAsUserName"); isWindowsAdministrator(at.Str()) {
			p.Report(at, "container %q runs as %q: it may change everything in the container", c.Name, at.Str())
			return
		}
		if pod.Windows() {
			return
		}
		if at := pod.Inherit(c, "runAsUser"); at.Exists() {
			if uid, ok := at.Int(); ok && uid == 0 {
				p.Report(at, "container %q runs as user 0: a fault of the kernel or runtime gives it the node", c.Name)
			}
		}
	},
}

// isWindowsAdministrator compares as Windows does: without case, and with or
// without the domain of built-in container users.
func isWindowsAdministrator(user string) bool {
	user = strings.ToLower(user)
	return strings.TrimPrefix(user, `user manager\`) == "containeradministrator"
}
