package rbac

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SecretsReadable reports roles that may read Secrets.
var SecretsReadable = &rule.Rule{
	Meta: rule.Meta{
		ID: "secrets-readable", Severity: result.High, Since: "0.1",
		Title: "Role may read Secrets",
		Why: `Secrets hold passwords, registry logins and the tokens of stronger accounts.
Whoever reads all of a namespace, or of the cluster, holds every right that
one of them gives. A list or watch shows the contents, too, even of one name.`,
		Fix: "grant get alone, with resourceNames",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets",
			"https://kubernetes.io/docs/concepts/security/secrets-good-practices/#least-privilege-secrets",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, readVerbs, secrets...) {
			if g.named() {
				if g.Verbs = slices.DeleteFunc(g.Verbs, func(v string) bool { return v == "get" }); len(g.Verbs) == 0 {
					continue
				}
			}
			g.report(p, graded(o, result.High, result.Medium), "they hold passwords and the tokens of stronger accounts")
		}
	},
}
