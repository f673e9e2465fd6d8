package reliability

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PdbUnhealthyPodsBlock reports budgets under which pods that crash cannot be
// drained.
var PdbUnhealthyPodsBlock = &rule.Rule{
	Meta: rule.Meta{
		ID: "pdb-unhealthy-pods-block", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Budget protects unhealthy pods",
		Why: `By default a budget guards pods that are not ready, too, if too few are: a
workload that crashes for a reason of its own keeps its nodes from being
drained.`,
		Fix:  "set spec.unhealthyPodEvictionPolicy: AlwaysAllow",
		Want: "AlwaysAllow",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy",
		},
	},
	On: rule.Kinds("policy", "PodDisruptionBudget"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if at := o.At("spec", "unhealthyPodEvictionPolicy"); at.Str() != "AlwaysAllow" {
			p.Report(at, "%s protects pods that are not ready: a workload that crashes keeps its node from being drained", o)
		}
	},
}
