package reliability

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MemoryRequestMissing reports containers for which the scheduler reserves no
// memory.
var MemoryRequestMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "memory-request-missing", Severity: result.Low, Since: "0.1",
		Title: "Container requests no memory",
		Why: `Without a request the scheduler places the pod as if it needed nothing. When
the node runs out of memory, pods above their request are killed first, and
this one always is.`,
		Fix: "set resources.requests.memory on the container, or a default in a LimitRange",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Params: requestParams,
	Universe: func(p *rule.Pass) {
		reportUnset(p, "requests", "memory", "the scheduler reserves nothing for it")
	},
}
