package rbac

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

const asWhom = "it has the rights of whom it names"

// ImpersonationAllowed reports roles that may act as someone else.
var ImpersonationAllowed = &rule.Rule{
	Meta: rule.Meta{
		ID: "impersonation-allowed", Severity: result.High, Since: "0.1",
		Title: "Role may impersonate",
		Why: `An impersonated request has all rights of whom it names: with the groups, up
to system:masters, whom no rule limits. The audit log shows both names, but
nothing stops the request.`,
		Fix: "remove impersonate, or name the subjects in resourceNames",
		Refs: []string{
			"https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation",
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#impersonate-verb",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		impersonate := []string{"impersonate"}
		if o.Is(manifest.RBACGroup, "Role") {
			for g := range grants(o, impersonate, persons...) {
				g.reportCluster(p, result.High, "")
			}
			for g := range grants(o, impersonate, accounts...) {
				g.report(p, result.Medium, asWhom)
			}
			return
		}
		for g := range grants(o, impersonate, identities...) {
			severity := result.High
			if g.named() && !slices.ContainsFunc(g.RoleRule.Names, func(name string) bool { return strings.HasPrefix(name, "system:") }) {
				severity = result.Medium
			}
			g.report(p, severity, asWhom)
		}
	},
}
