package rbac

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/rbac"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// deployer is the annotation, "true" on a workload or its pod template, of what
// deploys its own namespace and needs full control of it.
const deployer = "kustoms.dev/deployer"

// WorkloadReachesNamespaceAdmin reports workloads from whose account a path leads to full control of a namespace.
var WorkloadReachesNamespaceAdmin = &rule.Rule{
	Meta: rule.Meta{
		ID: "workload-reaches-namespace-admin", Severity: result.High, Since: "0.1",
		Title: "Workload can become admin of a namespace",
		Why: `Whoever takes over one pod of the workload gets all of the namespace: its
Secrets, its pods and what these may do, and its roles. Full control is to write
roles, bindings and pods and to read Secrets, as the role admin allows; a path
there may lead over other accounts. Workloads that come to cluster-admin have
their finding for that.`,
		Fix: `cut the path at the step that the workload needs least; a workload that deploys its own namespace says so with the annotation kustoms.dev/deployer: "true"`,
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks",
			"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles",
		},
	},
	Universe: func(p *rule.Pass) {
		goals := p.RBAC().Graph().Goals(rbac.NamespaceAdmin)
		if len(goals) == 0 {
			return
		}
		for _, pod := range p.Index.Pods() {
			if admins(p, pod) {
				continue
			}
			for _, goal := range goals {
				if goal.Namespace == p.Index.Namespace(pod.Object) && deploys(pod) {
					continue
				}
				reportPath(p, pod, goal, fmt.Sprintf("can become admin of namespace %q", goal.Namespace))
			}
		}
	},
}

func deploys(pod manifest.Pod) bool {
	return pod.Annotations().At(deployer).Str() == "true" || pod.Object.Annotations().At(deployer).Str() == "true"
}
