package ingress

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressWithoutTls reports routes from outside that are served in clear.
var IngressWithoutTls = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-without-tls", Severity: result.Medium, Since: "0.1",
		Title: "Route is served without TLS",
		Why: `Without TLS everyone on the way reads and changes what passes: sessions,
passwords, downloads. Browsers mark the page as not secure, and a later TLS
entry elsewhere does not help a host that none covers.`,
		Fix: "add a spec.tls entry that lists the host and names its certificate Secret",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/ingress/#tls",
			"https://gateway-api.sigs.k8s.io/guides/tls/",
		},
	},
	On: rule.Or(ingresses, traefikRoutes, rule.Kinds(gatewayGroup, "HTTPRoute"), rule.Kinds("route.openshift.io", "Route")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		switch {
		case ingresses(o):
			ingressInClear(p, o)
		case traefikRoutes(o):
			if !o.At("spec", "tls").Exists() && !secureEntryPoint(o) {
				p.Report(o.At("spec", "tls"), "%s has no tls: it is served in clear", o)
			}
		case o.Key.Kind == "Route":
			if !o.At("spec", "tls").Exists() {
				p.Report(o.At("spec", "tls"), "%s has no tls: it is served in clear", o)
			}
		default:
			routeInClear(p, o)
		}
	},
}

var traefikRoutes = rule.Or(rule.Kinds("traefik.io", "IngressRoute"), rule.Kinds("traefik.containo.us", "IngressRoute"))

// secureEntryPoint reports whether Traefik's usual TLS entry point is the only
// one: its own configuration may then set the certificate.
func secureEntryPoint(o *manifest.Object) bool {
	points := o.At("spec", "entryPoints").Strings()
	return len(points) == 1 && points[0] == "websecure"
}

// frontTLS are annotations by which something in front of the Ingress, or the
// workload behind it, terminates TLS.
var frontTLS = []string{
	"alb.ingress.kubernetes.io/certificate-arn",
	"networking.gke.io/managed-certificates",
	"ingress.gcp.kubernetes.io/pre-shared-cert",
	"networking.gke.io/certmap",
	"appgw.ingress.kubernetes.io/appgw-ssl-certificate",
	"traefik.ingress.kubernetes.io/router.tls",
	"nginx.ingress.kubernetes.io/ssl-passthrough",
}

func ingressInClear(p *rule.Pass, o *manifest.Object) {
	for _, name := range frontTLS {
		if a := o.Annotations().At(name); a.Str() != "" && a.Str() != "false" {
			return
		}
	}
	if strings.Contains(o.Annotations().At("alb.ingress.kubernetes.io/listen-ports").Str(), "HTTPS") {
		return // the controller finds the certificate by host
	}
	if o.At("spec", "tls").Len() == 0 {
		p.Report(o.At("spec", "tls"), "%s has no tls: all its hosts are served in clear", o)
		return
	}
	for r := range o.At("spec", "rules").Items() {
		if host := r.At("host"); !tlsCovers(o, host.Str()) {
			p.Report(host, "host %q of %s is in no tls entry: it is served in clear", host.Str(), o)
		}
	}
}

// tlsCovers reports whether a TLS entry covers the host. An entry without
// hosts stands for every host.
func tlsCovers(o *manifest.Object, host string) bool {
	for t := range o.At("spec", "tls").Items() {
		hosts := t.At("hosts").Strings()
		if len(hosts) == 0 || slices.ContainsFunc(hosts, func(h string) bool { return hostCovers(h, host) }) {
			return true
		}
	}
	return false
}

// routeInClear looks at HTTPRoutes that bind themselves to a listener in clear
// by name or port, and do not redirect. Otherwise the Gateway decides.
func routeInClear(p *rule.Pass, o *manifest.Object) {
	for ref := range o.At("spec", "parentRefs").Items() {
		port, _ := ref.At("port").Int()
		at := ref.At("sectionName")
		if port == 80 {
			at = ref.At("port")
		} else if at.Str() != "http" {
			continue
		}
		for r := range o.At("spec", "rules").Items() {
			redirects := false
			for f := range r.At("filters").Items() {
				redirects = redirects || f.At("type").Str() == "RequestRedirect"
			}
			if !redirects {
				p.Report(at, "%s binds to a listener in clear and does not redirect: it is served without TLS", o)
				break
			}
		}
	}
}
