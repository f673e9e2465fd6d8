package reliability

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PdbMissing reports workloads of several replicas that maintenance may take
// down at once.
var PdbMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "pdb-missing", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Workload has no disruption budget",
		Why: `While nodes are drained, every replica may be evicted at the same time. A
budget makes the drain wait.`,
		Fix: "add a PodDisruptionBudget whose selector matches the pods, with maxUnavailable: 1",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
		},
	},
	Universe: func(p *rule.Pass) {
		scaled := scalers(p.Index)
		for _, pod := range p.Index.Pods() {
			o := pod.Object
			if !scalable(o) || replicas(o) < 2 && scaled[o] == nil {
				continue
			}
			if !slices.ContainsFunc(p.Index.Kind("policy", "PodDisruptionBudget"), func(pdb *manifest.Object) bool { return budgets(p.Index, pdb, pod) }) {
				p.Report(o.At("spec"), "%s has several replicas and no disruption budget: a drain may evict all of them at once", o)
			}
		}
	},
}
