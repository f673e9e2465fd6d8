package reliability

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PdbBlocksEviction reports budgets that never allow an eviction.
var PdbBlocksEviction = &rule.Rule{
	Meta: rule.Meta{
		ID: "pdb-blocks-eviction", Severity: result.Medium, Since: "0.1",
		Title: "Disruption budget blocks every eviction",
		Why: `A node on which such a pod runs cannot be drained: upgrades of the cluster
hang, or somebody forces them past the budget, which then protects nothing.`,
		Fix: "set maxUnavailable: 1, and run more replicas than minAvailable",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
		},
	},
	Universe: func(p *rule.Pass) {
		scaled := scalers(p.Index)
		first := map[*manifest.Object]*manifest.Object{}
		for _, pdb := range p.Index.Kind("policy", "PodDisruptionBudget") {
			expected, known := int64(0), true
			for _, pod := range p.Index.PodsIn(p.Index.Namespace(pdb)) {
				o := pod.Object
				if !budgets(p.Index, pdb, pod) {
					continue
				}
				if other := first[o]; other != nil {
					p.Add(rule.Problem{At: pdb.At("spec", "selector"), Evidence: o.Key.String(),
						Message: fmt.Sprintf("%s and %s select the pods of %s: the API refuses to evict pods with two budgets", pdb, other, o),
						Related: []result.Related{rule.See(other.At("spec", "selector"), "%s selects them first", other)}})
				} else {
					first[o] = pdb
				}
				switch {
				case scaled[o] != nil && leastReplicas(scaled[o]) > 0:
					expected += leastReplicas(scaled[o])
				case scalable(o) && scaled[o] == nil:
					expected += replicas(o)
				default:
					known = false // as many as there are nodes, or runs
				}
			}
			if !known {
				expected = 0
			}
			checkBudget(p, pdb, expected)
		}
	},
}

// checkBudget reports a budget that keeps all of the expected pods; 0 where
// their number is not known. Percentages are rounded up, as the controller
// does for both fields.
func checkBudget(p *rule.Pass, pdb *manifest.Object, expected int64) {
	const consequence = "nodes cannot be drained"
	if at := pdb.At("spec", "maxUnavailable"); at.Exists() {
		if n, ok := portion(at, expected, true); ok && (at.Str() == "0" || at.Str() == "0%" || expected > 0 && n <= 0) {
			p.Report(at, "%s lets no pod be unavailable: %s", pdb, consequence)
			return
		}
	}
	at := pdb.At("spec", "minAvailable")
	n, ok := portion(at, expected, true)
	switch {
	case !ok:
	case at.Str() == "100%":
		p.Report(at, "%s keeps all pods: %s", pdb, consequence)
	case expected > 0 && n >= expected:
		p.Report(at, "%s keeps %d of %d pods: %s", pdb, n, expected, consequence)
	}
}
