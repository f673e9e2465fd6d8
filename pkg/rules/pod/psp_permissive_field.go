package pod

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PspPermissiveField reports what a PodSecurityPolicy lets pods do.
var PspPermissiveField = &rule.Rule{
	Meta: rule.Meta{
		ID: "psp-permissive-field", Severity: result.Medium, Off: true, Since: "0.1",
		Title: "PodSecurityPolicy is permissive",
		Why: `A pod gets the widest policy that its account may use, so that one open policy
undoes the strict ones. The kind left Kubernetes in 1.25, which
psp-object-obsolete says, hence off by default.`,
		Fix:  "close the field, or move to Pod Security Standards",
		Want: "false",
		Refs: []string{
			"https://v1-24.docs.kubernetes.io/docs/concepts/security/pod-security-policy/",
			"https://kubernetes.io/docs/tasks/configure-pod-container/migrate-from-psp/",
		},
	},
	On: rule.Kinds("policy", "PodSecurityPolicy"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		spec := o.At("spec")
		for _, field := range [...]string{"privileged", "hostPID", "hostIPC", "hostNetwork"} {
			if at := spec.At(field); at.IsTrue() {
				p.Report(at, "%s allows %s: its pods may leave their sandbox", o, field)
			}
		}
		if at := spec.At("allowPrivilegeEscalation"); !at.Exists() || at.IsTrue() {
			p.Report(at, "%s does not forbid allowPrivilegeEscalation: a program may gain more rights than it started with", o)
		}
		for _, field := range [...]string{"allowedCapabilities", "allowedUnsafeSysctls"} {
			if at := spec.At(field); at.Len() > 0 {
				p.Add(rule.Problem{At: at, Want: rule.NoWant, Message: fmt.Sprintf("%s lists %s: its pods may add them", o, field)})
			}
		}
		drop := spec.At("requiredDropCapabilities")
		if names := drop.Strings(); !slices.Contains(names, "ALL") && !slices.Contains(names, "NET_RAW") {
			p.Add(rule.Problem{At: drop, Want: rule.NoWant, Message: fmt.Sprintf("%s does not drop ALL or NET_RAW: its pods may forge packets", o)})
		}
		if at := spec.At("runAsUser", "rule"); at.Str() == "RunAsAny" {
			p.Add(rule.Problem{At: at, Want: rule.NoWant, Message: fmt.Sprintf("%s allows any user: its pods may run as root", o)})
		}
		kinds := spec.At("volumes")
		if names := kinds.Strings(); (slices.Contains(names, "hostPath") || slices.Contains(names, "*")) && spec.At("allowedHostPaths").Len() == 0 {
			p.Add(rule.Problem{At: kinds, Want: rule.NoWant, Message: fmt.Sprintf("%s allows hostPath volumes without allowedHostPaths: its pods may mount the whole node", o)})
		}
		if at := o.Annotations().At("seccomp.security.alpha.kubernetes.io/defaultProfileName"); at.Str() == "" {
			p.Add(rule.Problem{At: at, Want: rule.NoWant, Message: fmt.Sprintf("%s sets no default seccomp profile: its pods may make every system call", o)})
		}
	},
}
