package ingress

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressCorsAnyOrigin reports CORS that lets every page act for a visitor.
var IngressCorsAnyOrigin = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-cors-any-origin", Severity: result.Low, Since: "0.1",
		Title: "CORS admits every origin with credentials",
		Why: `enable-cors alone means origin * with credentials. ingress-nginx then answers
each origin by name, so a page of anybody may call the application with the
visitor's cookies and read the answer.`,
		Fix: "set cors-allow-origin to the origins that are meant, or cors-allow-credentials to \"false\"",
		Refs: []string{
			"https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#enable-cors",
			"https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS",
		},
	},
	On: ingresses,
	Object: func(p *rule.Pass, o *manifest.Object) {
		origin := nginx(o, "cors-allow-origin")
		everyone := origin.Str() == "" || slices.ContainsFunc(strings.Split(origin.Str(), ","), func(s string) bool { return strings.TrimSpace(s) == "*" })
		if !yes(nginx(o, "enable-cors")) || !everyone || no(nginx(o, "cors-allow-credentials")) {
			return
		}
		at := origin
		if !at.Exists() {
			at = nginx(o, "enable-cors")
		}
		p.Report(at, "%s allows every origin with credentials: any page may act as the visitor and read the answers", o)
	},
}
