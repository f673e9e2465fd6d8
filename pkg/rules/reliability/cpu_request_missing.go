package reliability

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// CpuRequestMissing reports containers for which the scheduler reserves no
// processor time.
var CpuRequestMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "cpu-request-missing", Severity: result.Low, Since: "0.1",
		Title: "Container requests no CPU",
		Why: `Without a request the scheduler places the pod as if it needed nothing: nodes
fill up, and when they are busy the pod is the first that gets no time.`,
		Fix: "set resources.requests.cpu on the container, or a default in a LimitRange",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Params: requestParams,
	Universe: func(p *rule.Pass) {
		reportUnset(p, "requests", "cpu", "the scheduler reserves nothing for it")
	},
}
