package reliability

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// CpuLimitMissing reports containers that may take all processor time of a
// node.
var CpuLimitMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "cpu-limit-missing", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Container has no CPU limit",
		Why: `A container without a limit takes whatever its neighbours leave. A limit
throttles even on an idle node, though, and many operators leave it out on
purpose, which is why this rule is off by default.`,
		Fix: "set resources.limits.cpu on the container, or a default in a LimitRange",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Universe: func(p *rule.Pass) {
		reportUnset(p, "limits", "cpu", "it may take what its neighbours need")
	},
}
