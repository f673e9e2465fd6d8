package rbac

import (
	"github.com/kustoms-dev/kustoms/pkg/analysis/rbac"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WorkloadReachesClusterAdmin reports workloads from whose account a path leads to cluster-admin.
var WorkloadReachesClusterAdmin = &rule.Rule{
	Meta: rule.Meta{
		ID: "workload-reaches-cluster-admin", Severity: result.Critical, Since: "0.1",
		Title: "Workload can become cluster-admin",
		Why: `Whoever takes over one pod of the workload holds its account's token. From
there a path of rights leads to the whole cluster: in one step, or by running a
pod under a stronger account, minting its token, posing as it, binding or
rewriting roles, approving certificates, or rewriting what others write. Each
step is a right that looks harmless by itself.`,
		Fix: "cut the path at the step that the workload needs least: a Role in one namespace instead of a ClusterRoleBinding, resourceNames, a namespace of its own for stronger accounts, or no token at all (automountServiceAccountToken: false)",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks",
			"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, pod := range p.Index.Pods() {
			reportPath(p, pod, rbac.Node{Kind: rbac.ClusterAdmin}, "can become cluster-admin")
		}
	},
}
