package reliability

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// FewestReplicas are the parameters of rules about several replicas.
type FewestReplicas struct {
	// MinReplicas is the number from which a workload is judged; an autoscaler
	// counts as more. 1 judges every workload.
	MinReplicas int64 `yaml:"minReplicas"`
}

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
	Params: func() any { return &FewestReplicas{MinReplicas: 2} },
	Universe: func(p *rule.Pass) {
		least := p.Params.(*FewestReplicas).MinReplicas
		scaled := scalers(p.Index)
		for _, pod := range p.Index.Pods() {
			o := pod.Object
			if !scalable(o) || replicas(o) < least && scaled[o] == nil {
				continue
			}
			if !slices.ContainsFunc(p.Index.Kind("policy", "PodDisruptionBudget"), func(pdb *manifest.Object) bool { return budgets(p.Index, pdb, pod) }) {
				p.Report(o.At("spec"), "%s has no disruption budget: a drain may evict all its replicas at once", o)
			}
		}
	},
}
