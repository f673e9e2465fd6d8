package pod

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SelinuxOptionsCustom reports SELinux options that leave the types made for
// containers.
var SelinuxOptionsCustom = &rule.Rule{
	Meta: rule.Meta{
		ID: "selinux-options-custom", Severity: result.Medium, Since: "0.1",
		Title: "SELinux options leave the container types",
		Why: `The SELinux types made for containers are what keeps a process that breaks out
from the node's files. Another type, user or role may stand outside that
policy altogether, spc_t for instance.`,
		Fix: "remove user and role from seLinuxOptions, and leave type out or set it to container_t",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		check := func(opts manifest.Place, who string) {
			for _, field := range [...]string{"user", "role"} {
				if at := opts.At(field); at.Str() != "" {
					p.Report(at, "%s sets the SELinux %s %q: it may leave the policy for containers", who, field, at.Str())
				}
			}
			switch at := opts.At("type"); at.Str() {
			case "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t":
			default:
				p.Report(at, "%s sets the SELinux type %q: it may leave the policy for containers", who, at.Str())
			}
		}
		check(pod.Spec.At("securityContext", "seLinuxOptions"), "pod")
		for c := range pod.Containers() {
			check(c.At("securityContext", "seLinuxOptions"), fmt.Sprintf("container %q", c.Name))
		}
	},
}
