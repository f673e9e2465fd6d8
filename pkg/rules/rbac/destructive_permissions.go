package rbac

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// DestructivePermissions reports roles that may delete what others need.
var DestructivePermissions = &rule.Rule{
	Meta: rule.Meta{
		ID: "destructive-permissions", Severity: result.Low, Since: "0.1",
		Title: "Role may delete workloads or data",
		Why: `Whoever holds the role, or breaks into its holder, ends the service: workloads
stop, data and the passwords to the rest are gone.`,
		Fix: "remove delete and deletecollection, or name the objects in resourceNames",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		const consequence = "it may end the service and lose its data"
		for g := range grants(o, deleteVerbs, destroyable...) {
			if !g.named() {
				g.report(p, result.Low, consequence)
			}
		}
		for r := range o.RoleRules() {
			if !slices.Contains(r.Resources, "*") || r.AllPermissions() || len(r.Names) > 0 || !slices.ContainsFunc(deleteVerbs, r.AllowsVerb) {
				continue
			}
			g := grant{RoleRule: r, At: r.At("resources"), Resources: []string{"all resources"}}
			g.Verbs = slices.DeleteFunc(slices.Clone(deleteVerbs), func(v string) bool { return !r.AllowsVerb(v) })
			g.report(p, result.Low, consequence)
		}
	},
}
