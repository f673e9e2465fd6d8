package reliability

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MemoryLimitMissing reports containers that may take all memory of a node.
var MemoryLimitMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "memory-limit-missing", Severity: result.Low, Since: "0.1",
		Title: "Container has no memory limit",
		Why: `Memory cannot be throttled. One leak, or one request that somebody made large
on purpose, takes the node's memory, and the kernel kills other pods for it.`,
		Fix: "set resources.limits.memory on the container, or a default in a LimitRange",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Universe: func(p *rule.Pass) {
		reportUnset(p, "limits", "memory", "one leak takes the node's memory")
	},
}
