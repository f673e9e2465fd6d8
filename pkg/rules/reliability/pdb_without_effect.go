package reliability

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PdbWithoutEffect reports budgets that protect nothing.
var PdbWithoutEffect = &rule.Rule{
	Meta: rule.Meta{
		ID: "pdb-without-effect", Severity: result.Low, Since: "0.1",
		Title: "Disruption budget has no effect",
		Why: `A budget without a number, or one that selects no pod, promises protection
that no drain will meet.`,
		Fix: "set minAvailable or maxUnavailable, and a selector that matches the pods' labels",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, pdb := range p.Index.Kind("policy", "PodDisruptionBudget") {
			if !pdb.At("spec", "minAvailable").Exists() && !pdb.At("spec", "maxUnavailable").Exists() {
				p.Report(pdb.At("spec"), "%s sets neither minAvailable nor maxUnavailable: it protects nothing", pdb)
			}
			at, namespace := pdb.At("spec", "selector"), p.Index.Namespace(pdb)
			selects := slices.ContainsFunc(p.Index.PodsIn(namespace), func(pod manifest.Pod) bool { return budgets(p.Index, pdb, pod) })
			if !selects && p.Index.Owns(namespace) && !p.Index.OperatorMakes(at.At("matchLabels"), namespace) {
				p.Report(at, "%s selects no pod of namespace %q: it protects nothing", pdb, namespace)
			}
		}
	},
}
