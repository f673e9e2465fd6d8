package rbac

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// TokenCreationAllowed reports roles that may make tokens of service accounts.
var TokenCreationAllowed = &rule.Rule{
	Meta: rule.Meta{
		ID: "token-creation-allowed", Severity: result.High, Since: "0.1",
		Title: "Role may make tokens of any service account",
		Why: `A token is the account: whoever makes tokens has the rights of every account
of the scope, and keeps them after the pod or the binding is gone, until the
token ends.`,
		Fix: "name the accounts in resourceNames",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#token-request",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, []string{"create"}, tokens...) {
			if !g.named() {
				g.report(p, result.High, "it has the rights of every service account there")
			}
		}
	},
}
