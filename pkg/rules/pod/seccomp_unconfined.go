package pod

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SeccompUnconfined reports containers whose seccomp profile is switched off.
var SeccompUnconfined = &rule.Rule{
	Meta: rule.Meta{
		ID: "seccomp-unconfined", Severity: result.High, Since: "0.1",
		Title: "Seccomp is switched off",
		Why: `Unconfined lifts the runtime's filter on system calls, also where the kubelet
sets one by default. Most kernel faults that led out of a container began with
a call that the default profile blocks.`,
		Fix:  "set seccompProfile.type to RuntimeDefault, or to Localhost with a profile of your own",
		Want: "RuntimeDefault",
		Refs: []string{
			"https://kubernetes.io/docs/tutorials/security/seccomp/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		at, want := pod.Inherit(c, "seccompProfile", "type"), ""
		unconfined := at.Str() == "Unconfined"
		if !at.Exists() {
			at, want = seccompAnnotation(pod, c), "runtime/default"
			unconfined = at.Str() == "unconfined"
		}
		if unconfined {
			p.Add(rule.Problem{At: at, Want: want, Message: fmt.Sprintf("container %q runs with seccomp switched off: it may make every system call", c.Name)})
		}
	},
}

// seccompAnnotation is the annotation that chose a container's profile before
// Kubernetes 1.27: the container's own, or else the pod's.
func seccompAnnotation(pod manifest.Pod, c manifest.Container) manifest.Place {
	if own := pod.Annotations().At("container.seccomp.security.alpha.kubernetes.io/" + c.Name); own.Exists() {
		return own
	}
	return pod.Annotations().At("seccomp.security.alpha.kubernetes.io/pod")
}
