package rbac

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WildcardAllPermissions reports roles that allow everything.
var WildcardAllPermissions = &rule.Rule{
	Meta: rule.Meta{
		ID: "wildcard-all-permissions", Severity: result.High, Since: "0.1",
		Title: "Role allows everything",
		Why: `A rule with "*" for API groups, resources and verbs is cluster-admin under
another name, kinds and subresources that do not exist yet included; in a Role
it is full control of the namespace. Reviews and tools that look for the name
cluster-admin do not see it.`,
		Fix: "list the API groups, resources and verbs that are needed",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for r := range o.RoleRules() {
			if !r.AllPermissions() {
				continue
			}
			at, what := r.At("verbs"), "every verb on every resource "+scope(o)
			if !slices.Contains(r.Resources, "*") {
				what = "every verb on every URL of the API server"
			}
			p.Add(rule.Problem{
				At: at, Evidence: what, Severity: new(graded(o, result.High, result.Medium)),
				Message: fmt.Sprintf("%s allows %s: it is cluster-admin under another name", o, what),
			})
		}
	},
}
