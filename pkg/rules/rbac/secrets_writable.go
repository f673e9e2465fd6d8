package rbac

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SecretsWritable reports roles that may write Secrets.
var SecretsWritable = &rule.Rule{
	Meta: rule.Meta{
		ID: "secrets-writable", Severity: result.Medium, Since: "0.1",
		Title: "Role may write Secrets",
		Why: `Whoever writes Secrets replaces the certificates, passwords and configuration
that programs trust. A create is enough to mint a token: a Secret of the type
kubernetes.io/service-account-token gets one of any account of its namespace.`,
		Fix: "grant update or patch alone, with resourceNames",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
			"https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, writeVerbs, secrets...) {
			if g.named() {
				continue
			}
			consequence := "it may replace what programs trust"
			if slices.Contains(g.Verbs, "create") {
				consequence = "a Secret that it creates can hold the token of any service account there"
			}
			g.report(p, result.Medium, consequence)
		}
	},
}
