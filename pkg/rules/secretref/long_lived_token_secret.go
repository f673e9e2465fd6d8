package secretref

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// LongLivedTokenSecret reports tokens of service accounts that never expire.
var LongLivedTokenSecret = &rule.Rule{
	Meta: rule.Meta{
		ID: "long-lived-token-secret", Severity: result.Medium, Since: "0.1",
		Title: "Service account token never expires",
		Why: `A token in a Secret works until somebody deletes it, wherever it was copied to.
Since Kubernetes 1.24 pods get short-lived tokens that are bound to them.`,
		Fix: "remove the Secret; use the pod's own token, a projected one, or kubectl create token",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets",
			"https://kubernetes.io/docs/concepts/security/service-accounts/#get-a-token",
		},
	},
	On: rule.Kinds("", "Secret", "ServiceAccount"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		switch {
		case o.Key.Kind == "Secret" && o.At("type").Str() == "kubernetes.io/service-account-token":
			p.Report(o.At("type"), "%s holds a token of service account %q that never expires: a copy works until somebody deletes it", o, o.Annotations().At("kubernetes.io/service-account.name").Str())
		case o.Key.Kind == "ServiceAccount" && o.At("secrets").Len() > 0:
			p.Report(o.At("secrets"), "%s lists Secrets to mount: tokens in them never expire", o)
		}
	},
}
