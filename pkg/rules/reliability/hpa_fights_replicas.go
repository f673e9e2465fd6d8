package reliability

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// HpaFightsReplicas reports workloads whose scale every apply resets.
var HpaFightsReplicas = &rule.Rule{
	Meta: rule.Meta{
		ID: "hpa-fights-replicas", Severity: result.Low, Since: "0.1",
		Title: "Autoscaled workload fixes its replicas",
		Why: `Whoever applies the manifest sets the number of pods back to what is written,
under load too, until the autoscaler finds out. 0 passes: it switches the
workload off.`,
		Fix: "remove spec.replicas from the workload",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
			"https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#replicas",
		},
	},
	Universe: func(p *rule.Pass) {
		scaled := scalers(p.Index)
		for _, o := range p.Index.Objects {
			hpa, at := scaled[o], o.At("spec", "replicas")
			if n, ok := at.Int(); hpa != nil && ok && n != 0 {
				p.Add(rule.Problem{At: at, Message: fmt.Sprintf("%s fixes %d replicas, and %s scales it: every apply resets the scale", o, n, hpa),
					Related: []result.Related{rule.See(hpa.At("spec", "scaleTargetRef"), "%s names the workload", hpa)}})
			}
		}
	},
}
