package rbac

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// RbacObjectsWritable reports roles that may write roles and bindings.
var RbacObjectsWritable = &rule.Rule{
	Meta: rule.Meta{
		ID: "rbac-objects-writable", Severity: result.Medium, Since: "0.1",
		Title: "Role may write roles and bindings",
		Why: `Whoever writes roles and bindings passes on every right that it holds, to
accounts that nobody watches, and changes those of others. The API server
refuses what the writer does not hold itself, so that a second, strong right
completes the path.`,
		Fix: "leave roles and bindings to the deployment pipeline",
		Refs: []string{
			"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, makeVerbs, rbacKinds...) {
			// With escalate or bind, role-escalation-allowed says more.
			if !escalates(g.RoleRule) {
				g.report(p, result.Medium, "it may pass on every right that it holds")
			}
		}
	},
}

func escalates(r manifest.RoleRule) bool {
	return slices.ContainsFunc([]string{"roles", "clusterroles"}, func(resource string) bool {
		return r.Allows("escalate", manifest.RBACGroup, resource) || r.Allows("bind", manifest.RBACGroup, resource)
	})
}
