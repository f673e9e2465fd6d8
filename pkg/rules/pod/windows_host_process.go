package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WindowsHostProcess reports Windows containers that run as processes of the
// node.
var WindowsHostProcess = &rule.Rule{
	Meta: rule.Meta{
		ID: "windows-host-process", Severity: result.Critical, Since: "0.1",
		Title: "Windows container runs as a host process",
		Why: `A HostProcess container is an ordinary process of the Windows node with the
account that it names, up to SYSTEM. There is no container boundary: whoever
controls the process controls the node.`,
		Fix:  "remove windowsOptions.hostProcess from the pod's or container's securityContext",
		Want: "false",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		if at := pod.Inherit(c, "windowsOptions", "hostProcess"); at.IsTrue() {
			p.Report(at, "container %q is a Windows host process: it runs on the node without any container boundary", c.Name)
		}
	},
}
