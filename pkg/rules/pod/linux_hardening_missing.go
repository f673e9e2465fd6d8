package pod

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// LinuxHardeningMissing reports containers that use none of the kernel's means
// of confinement.
var LinuxHardeningMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "linux-hardening-missing", Severity: result.Low, Off: true, Since: "0.1",
		Title: "Container uses no kernel hardening",
		Why: `Seccomp, AppArmor, SELinux and dropped capabilities each take something from a
process that breaks out. This container asks for none of them. Finer rules
name each one; this is their union, for people who come from tools that have
only it.`,
		Fix: "set seccompProfile, appArmorProfile or seLinuxOptions on the pod, or drop capabilities on the container",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		confines := func(profile manifest.Place) bool {
			return profile.Str() != "" && !strings.EqualFold(profile.Str(), "unconfined")
		}
		hardened := confines(pod.Inherit(c, "seccompProfile", "type")) ||
			confines(pod.Inherit(c, "appArmorProfile", "type")) ||
			confines(appArmorAnnotation(pod, c)) ||
			pod.Inherit(c, "seLinuxOptions").Len() > 0 ||
			c.At("securityContext", "capabilities", "drop").Len() > 0 && !c.Adds("ALL")
		if !hardened && !pod.Windows() {
			p.Report(c.At("securityContext"), "container %q uses neither seccomp, AppArmor, SELinux nor dropped capabilities", c.Name)
		}
	},
}
