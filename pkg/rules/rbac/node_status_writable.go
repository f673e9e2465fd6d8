package rbac

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// NodeStatusWritable reports roles that may forge the state of nodes or pods.
var NodeStatusWritable = &rule.Rule{
	Meta: rule.Meta{
		ID: "node-status-writable", Severity: result.Medium, Since: "0.1",
		Title: "Role may forge the state of nodes or pods",
		Why: `Schedulers, load balancers and Services believe what status says: forged
labels, taints, capacities or addresses draw pods onto a node, or traffic into
a pod, of the attacker.`,
		Fix: "remove update and patch on nodes, nodes/status and pods/status",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
			"https://kubernetes.io/docs/reference/access-authn-authz/node/",
		},
	},
	On: rule.Kinds(manifest.RBACGroup, "ClusterRole"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, changeVerbs, statuses...) {
			g.reportCluster(p, result.Medium, "forged labels, capacities or addresses draw pods and traffic")
		}
	},
}
