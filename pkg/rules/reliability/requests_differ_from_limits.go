package reliability

import (
	"math/big"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// RequestsParams are the parameters of requests-differ-from-limits.
type RequestsParams struct {
	// Resources are those that are compared.
	Resources []string `yaml:"resources"`
	// Ratio is how many times the request the limit may be.
	Ratio float64 `yaml:"ratio"`
}

// RequestsDifferFromLimits reports containers that may use more than they
// reserve.
var RequestsDifferFromLimits = &rule.Rule{
	Meta: rule.Meta{
		ID: "requests-differ-from-limits", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Request and limit differ",
		Why: `What a container uses beyond its request is only lent: on a busy node it is
throttled or killed first. Equal numbers give the pod the Guaranteed class.
Off, as most workloads share on purpose.`,
		Fix: "set the request to the limit, or raise the parameter ratio",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/",
		},
	},
	Params: func() any {
		return &RequestsParams{Resources: []string{"cpu", "memory", "ephemeral-storage"}, Ratio: 1}
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		params := p.Params.(*RequestsParams)
		ratio := new(big.Rat)
		if ratio.SetFloat64(params.Ratio) == nil {
			return // infinite: nothing is too far apart
		}
		for _, resource := range params.Resources {
			at := c.At("resources", "requests", resource)
			request, ok := at.Quantity()
			limit, both := c.At("resources", "limits", resource).Quantity()
			if ok && both && limit.Cmp(request.Mul(request, ratio)) > 0 {
				p.Report(at, "container %q requests %s of %s and may use %s: what it uses beyond is only lent",
					c.Name, at.Str(), resource, c.At("resources", "limits", resource).Str())
			}
		}
	},
}
