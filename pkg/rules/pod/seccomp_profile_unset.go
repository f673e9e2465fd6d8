package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SeccompProfileUnset reports containers that run without a seccomp profile.
var SeccompProfileUnset = &rule.Rule{
	Meta: rule.Meta{
		ID: "seccomp-profile-unset", Severity: result.Medium, Since: "0.1",
		Title: "No seccomp profile is set",
		Why: `Without a profile the container may make every system call of the kernel, and
most kernel faults that led out of a container began with one that ordinary
programs never make. RuntimeDefault blocks those; it is not the default unless
the kubelet says so.`,
		Fix:  "set securityContext.seccompProfile.type: RuntimeDefault on the pod",
		Want: "RuntimeDefault",
		Refs: []string{
			"https://kubernetes.io/docs/tutorials/security/seccomp/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		at := pod.Inherit(c, "seccompProfile", "type")
		if pod.Windows() {
			return
		}
		switch at.Str() {
		case "RuntimeDefault", "Localhost", "Unconfined": // the last is left to seccomp-unconfined
			return
		case "":
		default:
			p.Report(at, "container %q names seccomp profile type %q, which does not exist: it has no profile", c.Name, at.Str())
			return
		}
		if p.Index.Version().Before(27, 0) && seccompAnnotation(pod, c).Exists() {
			return
		}
		p.Report(at, "container %q has no seccomp profile: it may make every system call", c.Name)
	},
}
