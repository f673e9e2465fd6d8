package rbac

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// RoleEscalationAllowed reports roles that may give rights they do not have.
var RoleEscalationAllowed = &rule.Rule{
	Meta: rule.Meta{
		ID: "role-escalation-allowed", Severity: result.High, Since: "0.1",
		Title: "Role may give away rights that it does not have",
		Why: `The API server lets nobody grant more than they hold, unless they may escalate
or bind. With bind they give themselves any role, cluster-admin too; with
escalate they write any right into a role of theirs.`,
		Fix: "remove escalate and bind, or limit bind to roles by resourceNames",
		Refs: []string{
			"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping",
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#escalate-verb",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, []string{"escalate", "bind"}, roleKinds...) {
			if g.named() && !slices.Contains(g.Verbs, "escalate") && !slices.ContainsFunc(g.RoleRule.Names, bindsStrong(p, g)) {
				continue
			}
			g.report(p, graded(o, result.High, result.Medium), "it may give itself rights that it does not have")
		}
	},
}

// bindsStrong judges the roles that a grant names.
func bindsStrong(p *rule.Pass, g grant) func(name string) bool {
	return func(name string) bool {
		return slices.ContainsFunc(g.Resources, func(resource string) bool {
			kind := map[string]string{"roles": "Role", "clusterroles": "ClusterRole"}[resource]
			return strong(roleRules(p, g.At.Object(), kind, name))
		})
	}
}
