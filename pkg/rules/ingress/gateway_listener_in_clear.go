package ingress

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// GatewayListenerInClear reports listeners without TLS, and old versions of it.
var GatewayListenerInClear = &rule.Rule{
	Meta: rule.Meta{
		ID: "gateway-listener-in-clear", Severity: result.Medium, Since: "0.1",
		Title: "Gateway listens without TLS",
		Why: `What enters through a listener in clear is read and changed by anybody on the
way. A listener whose routes only redirect to HTTPS is right. TLS below 1.2 has
known breaks, and clients that need it are gone.`,
		Fix: "serve HTTPS, redirect from the listener in clear, and set the least version of TLS to 1.2",
		Refs: []string{
			"https://gateway-api.sigs.k8s.io/guides/user-guides/http-redirect-rewrite/",
			"https://istio.io/latest/docs/reference/config/networking/gateway/#ServerTLSSettings",
			"https://datatracker.ietf.org/doc/html/rfc8996",
		},
	},
	On: rule.Or(gateways, istioGateways, tlsOptions),
	Object: func(p *rule.Pass, o *manifest.Object) {
		switch {
		case gateways(o):
			for l := range o.At("spec", "listeners").Items() {
				if l.At("protocol").Str() == "HTTP" && !onlyRedirects(p, o, l) {
					p.Report(l.At("protocol"), "listener %q of %s serves HTTP: what passes can be read and changed on the way", l.At("name").Str(), o)
				}
			}
		case istioGateways(o):
			for s := range o.At("spec", "servers").Items() {
				checkServer(p, o, s)
			}
		default:
			for _, at := range [...]manifest.Place{
				o.At("spec", "minVersion"),                       // Traefik
				o.At("spec", "tls", "minVersion"),                // Envoy Gateway
				o.At("spec", "tls", "incoming", "tlsMinVersion"), // Consul
			} {
				if oldTLS[at.Str()] {
					p.Report(at, "%s accepts %s: connections can be forced down to a version with known breaks", o, at.Str())
				}
			}
		}
	},
}

var (
	gateways      = rule.Kinds(gatewayGroup, "Gateway")
	istioGateways = rule.Kinds("networking.istio.io", "Gateway")
	tlsOptions    = rule.Or(rule.Kinds("traefik.io", "TLSOption"), rule.Kinds("traefik.containo.us", "TLSOption"),
		rule.Kinds("gateway.envoyproxy.io", "ClientTrafficPolicy"), rule.Kinds("consul.hashicorp.com", "Mesh"))
)

// oldTLS are the names of versions below 1.2, by Traefik, Consul and Istio,
// and Envoy Gateway.
var oldTLS = map[string]bool{
	"VersionTLS10": true, "VersionTLS11": true, "TLSv1_0": true, "TLSv1_1": true,
	"TLSV1_0": true, "TLSV1_1": true, "1.0": true, "1.1": true,
}

func checkServer(p *rule.Pass, o *manifest.Object, s manifest.Place) {
	tls := s.At("tls")
	switch protocol := s.At("port", "protocol"); protocol.Str() {
	case "HTTP", "HTTP2", "GRPC":
		if !tls.At("httpsRedirect").IsTrue() {
			p.Report(protocol, "server %q of %s serves %s without TLS and without a redirect: what passes can be read and changed on the way", s.At("port", "name").Str(), o, protocol.Str())
		}
	}
	if at := tls.At("minProtocolVersion"); oldTLS[at.Str()] && tls.At("mode").Str() != "PASSTHROUGH" {
		p.Report(at, "server %q of %s accepts %s: connections can be forced down to a version with known breaks", s.At("port", "name").Str(), o, at.Str())
	}
}

// onlyRedirects reports whether routes are attached to the listener, and every
// rule of them redirects.
func onlyRedirects(p *rule.Pass, gateway *manifest.Object, listener manifest.Place) bool {
	attached := false
	for _, kind := range [...]string{"HTTPRoute", "GRPCRoute"} {
		for _, route := range p.Index.Kind(gatewayGroup, kind) {
			for ref := range route.At("spec", "parentRefs").Items() {
				if !attaches(p, route, ref, gateway, listener) {
					continue
				}
				attached = true
				if !redirects(route) {
					return false
				}
			}
		}
	}
	return attached
}

// attaches reports whether a route's reference is to the gateway's listener.
func attaches(p *rule.Pass, route *manifest.Object, ref manifest.Place, gateway *manifest.Object, listener manifest.Place) bool {
	namespace := ref.At("namespace").Str()
	if namespace == "" {
		namespace = p.Index.Namespace(route)
	}
	if ref.At("name").Str() != gateway.Key.Name || namespace != p.Index.Namespace(gateway) {
		return false
	}
	section, port := ref.At("sectionName"), ref.At("port")
	return (!section.Exists() || section.Str() == listener.At("name").Str()) &&
		(!port.Exists() || port.Str() == listener.At("port").Str())
}

// redirects reports whether every rule of the route redirects.
func redirects(route *manifest.Object) bool {
	for r := range route.At("spec", "rules").Items() {
		redirect := false
		for f := range r.At("filters").Items() {
			redirect = redirect || f.At("type").Str() == "RequestRedirect"
		}
		if !redirect {
			return false
		}
	}
	return route.At("spec", "rules").Len() > 0
}
