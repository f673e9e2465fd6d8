// Package route reads what sends requests from outside to Services: Ingresses,
// routes of the Gateway API, of Traefik, of Istio and of OpenShift.
package route

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Backend is a Service that a route sends requests to.
type Backend struct {
	At        manifest.Place // the name
	Port      manifest.Place // number or name, absent if none is written
	Namespace string
	Name      string
}

// GatewayGroup is the API group of the Gateway API.
const GatewayGroup = "gateway.networking.k8s.io"

// traefik are the kinds of Traefik's own routes.
var traefik = []string{"IngressRoute", "IngressRouteTCP", "IngressRouteUDP"}

// Class is an Ingress' class: its field, or the older annotation.
func Class(o *manifest.Object) manifest.Place {
	if c := o.At("spec", "ingressClassName"); c.Exists() {
		return c
	}
	return o.Annotations().At("kubernetes.io/ingress.class")
}

// Backends lists the Services that an object routes to; none for objects that
// are no routes.
func Backends(x *index.Index, o *manifest.Object) []Backend {
	var out []Backend
	own := x.Namespace(o)
	add := func(name, port manifest.Place, namespace string) {
		if name.Str() == "" {
			return
		}
		if namespace == "" {
			namespace = own
		}
		out = append(out, Backend{name, port, namespace, name.Str()})
	}
	switch {
	case o.Is("networking.k8s.io", "Ingress"):
		for b := range ingressBackends(o) {
			if s := b.At("service"); s.Exists() {
				port := s.At("port", "number")
				if !port.Exists() {
					port = s.At("port", "name")
				}
				add(s.At("name"), port, "")
			} else {
				add(b.At("serviceName"), b.At("servicePort"), "")
			}
		}
	case o.Key.Group() == GatewayGroup:
		for r := range o.At("spec", "rules").Items() {
			for ref := range r.At("backendRefs").Items() {
				if kind := ref.At("kind").Str(); (kind == "" || kind == "Service") && ref.At("group").Str() == "" {
					add(ref.At("name"), ref.At("port"), ref.At("namespace").Str())
				}
			}
		}
	case o.Is("route.openshift.io", "Route"):
		port := o.At("spec", "port", "targetPort")
		if to := o.At("spec", "to"); to.At("kind").Str() == "" || to.At("kind").Str() == "Service" {
			add(to.At("name"), port, "")
		}
		for b := range o.At("spec", "alternateBackends").Items() {
			add(b.At("name"), port, "")
		}
	case o.Is("traefik.io", traefik...), o.Is("traefik.containo.us", traefik...):
		for r := range o.At("spec", "routes").Items() {
			for s := range r.At("services").Items() {
				// "api@internal" and the like belong to Traefik itself.
				if kind := s.At("kind").Str(); (kind == "" || kind == "Service") && !strings.Contains(s.At("name").Str(), "@") {
					add(s.At("name"), s.At("port"), s.At("namespace").Str())
				}
			}
		}
	case o.Is("networking.istio.io", "VirtualService"):
		for _, protocol := range [...]string{"http", "tls", "tcp"} {
			for r := range o.At("spec", protocol).Items() {
				for d := range r.At("route").Items() {
					host := d.At("destination", "host")
					if name, namespace, ok := serviceHost(host.Str()); ok {
						if namespace == "" {
							namespace = own
						}
						out = append(out, Backend{host, d.At("destination", "port", "number"), namespace, name})
					}
				}
			}
		}
	}
	return out
}

// serviceHost reads a host of the cluster: "api", "api.shop",
// "api.shop.svc.cluster.local". Other hosts are not of Services.
func serviceHost(host string) (name, namespace string, ok bool) {
	parts := strings.Split(host, ".")
	switch {
	case len(parts) == 1:
		return host, "", host != "" && host != "*"
	case len(parts) >= 3 && parts[2] == "svc":
		return parts[0], parts[1], true
	}
	return "", "", false
}

// ingressBackends yields every backend of an Ingress.
func ingressBackends(o *manifest.Object) func(func(manifest.Place) bool) {
	return func(yield func(manifest.Place) bool) {
		for _, name := range [...]string{"defaultBackend", "backend"} {
			if b := o.At("spec", name); b.Exists() && !yield(b) {
				return
			}
		}
		for r := range o.At("spec", "rules").Items() {
			for path := range r.At("http", "paths").Items() {
				if !yield(path.At("backend")) {
					return
				}
			}
		}
	}
}

// Granted reports whether a ReferenceGrant lets routes of the kind in one
// namespace refer to the Service in another.
func Granted(x *index.Index, route *manifest.Object, b Backend) bool {
	return slices.ContainsFunc(x.Kind(GatewayGroup, "ReferenceGrant"), func(g *manifest.Object) bool {
		if x.Namespace(g) != b.Namespace {
			return false
		}
		from, to := false, false
		for f := range g.At("spec", "from").Items() {
			from = from || f.At("kind").Str() == route.Key.Kind && f.At("namespace").Str() == x.Namespace(route)
		}
		for t := range g.At("spec", "to").Items() {
			name := t.At("name").Str()
			to = to || t.At("kind").Str() == "Service" && (name == "" || name == b.Name)
		}
		return from && to
	})
}
