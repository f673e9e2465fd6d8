package ingress

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressTLSRedirectDisabled reports routes with TLS that answer in clear too.
var IngressTLSRedirectDisabled = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-tls-redirect-disabled", Severity: result.Low, Since: "0.1",
		Title: "Route with TLS answers in clear too",
		Why: `Without the redirect, a link or a typed name goes through in clear, cookies
included, though the route has a certificate. Without HSTS the first request of
each visit can be kept in clear by anybody on the way.`,
		Fix:  "remove the setting, so that HTTP redirects to HTTPS and HSTS is sent",
		Want: `"true"`,
		Refs: []string{
			"https://kubernetes.github.io/ingress-nginx/user-guide/tls/#server-side-https-enforcement-through-redirect",
			"https://cloud.google.com/kubernetes-engine/docs/concepts/ingress-xlb#disabling_http",
		},
	},
	On: rule.Or(ingresses, configMaps),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if configMaps(o) {
			if controllerConfig(p.Index, o) && slices.ContainsFunc(p.Index.Objects, func(i *manifest.Object) bool { return ingresses(i) && withTLS(i) && nginxClass(i) }) {
				if at := o.At("data", "hsts"); no(at) {
					p.Report(at, "%s switches HSTS off: the first request of each visit can be kept in clear", o)
				}
				if at := o.At("data", "ssl-redirect"); no(at) {
					p.Report(at, "%s switches the redirect to HTTPS off: routes with a certificate answer in clear too", o)
				}
			}
			return
		}
		if !withTLS(o) {
			return
		}
		for _, name := range [...]string{nginxPrefix + "ssl-redirect", "haproxy.org/ssl-redirect", "haproxy-ingress.github.io/ssl-redirect", "ingress.kubernetes.io/ssl-redirect", "nginx.org/redirect-to-https"} {
			if at := o.Annotations().At(name); no(at) && !yes(nginx(o, "force-ssl-redirect")) {
				p.Report(at, "%s has a certificate and does not redirect to it: it answers in clear too", o)
			}
		}
		if at := o.Annotations().At("kubernetes.io/ingress.allow-http"); yes(at) {
			p.Add(rule.Problem{At: at, Want: `"false"`, Message: fmt.Sprintf("%s has a certificate and allows HTTP: it answers in clear too", o)})
		}
	},
}

func withTLS(o *manifest.Object) bool { return o.At("spec", "tls").Len() > 0 }
