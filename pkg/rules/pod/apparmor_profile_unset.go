package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ApparmorProfileUnset reports containers for which no AppArmor profile is
// chosen.
var ApparmorProfileUnset = &rule.Rule{
	Meta: rule.Meta{
		ID: "apparmor-profile-unset", Severity: result.Info, Off: true, Since: "0.1",
		Title: "No AppArmor profile is chosen",
		Why: `Naming the profile makes sure that the pod starts only where AppArmor enforces
it. Runtimes with AppArmor apply their default anyway and many nodes use
SELinux instead, which is why this rule is off by default.`,
		Fix:  "set securityContext.appArmorProfile.type: RuntimeDefault on the pod",
		Want: "RuntimeDefault",
		Refs: []string{
			"https://kubernetes.io/docs/tutorials/security/apparmor/",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		at := pod.Inherit(c, "appArmorProfile", "type")
		if !pod.Windows() && !at.Exists() && !appArmorAnnotation(pod, c).Exists() {
			p.Report(at, "container %q chooses no AppArmor profile: it depends on the node whether one applies", c.Name)
		}
	},
}
