package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// routes adds the ways over what routes to Services.
func (b *builder) routes() {
	for _, o := range b.x.Objects {
		backends := route.Backends(b.x, o)
		if len(backends) == 0 {
			continue
		}
		inside, login := b.inside(o), loginOf(b.x, o)
		seen := map[string]bool{} // a Service's port stands in many rules
		for _, to := range backends {
			s := b.x.Get("", "Service", to.Namespace, to.Name)
			address := address(o, to.At)
			if k := to.Namespace + "/" + to.Name + " " + to.Port.Str() + " " + address; s == nil || seen[k] {
				continue
			} else {
				seen[k] = true
			}
			b.add(s, to.Port.Str(), Entry{
				Address: address, Inside: inside, Login: login,
				Chain: []Link{{to.At, fmt.Sprintf("%s answers on %s and sends it to service %q", o, address, to.Name)}},
			})
		}
	}
}

// inside says why a route is for inside, "" if it is not.
func (b *builder) inside(o *manifest.Object) string {
	switch {
	case o.Key.Kind == "Ingress":
		return InternalIngress(o)
	case o.Key.Group() == route.GatewayGroup:
		return allInside(o.At("spec", "parentRefs"), func(ref manifest.Place) string {
			name, kind := ref.At("name").Str(), ref.At("kind").Str()
			if kind != "" && kind != "Gateway" {
				return "it is a route within the cluster"
			}
			ns := ref.At("namespace").Str()
			if ns == "" {
				ns = b.x.Namespace(o)
			}
			if g := b.x.Get(route.GatewayGroup, "Gateway", ns, name); g != nil {
				return InternalGateway(g)
			}
			return named("gateway", name)
		})
	case o.Is("networking.istio.io", "VirtualService"):
		gateways := o.At("spec", "gateways")
		if gateways.Len() == 0 {
			return "it is a route within the mesh"
		}
		return allInside(gateways, func(g manifest.Place) string {
			if g.Str() == "mesh" {
				return "it is a route within the mesh"
			}
			return named("gateway", g.Str())
		})
	case strings.HasPrefix(o.Key.Group(), "traefik."):
		if class := o.Annotations().At("kubernetes.io/ingress.class").Str(); namedInternal(class) {
			return named("class", class)
		}
		if points := o.At("spec", "entryPoints"); points.Len() > 0 {
			return allInside(points, func(p manifest.Place) string { return named("entry point", p.Str()) })
		}
	case o.Is("route.openshift.io", "Route"):
		for _, label := range [...]string{"type", "router", "shard"} {
			if v := o.Labels().At(label).Str(); namedInternal(v) {
				return named("router", v)
			}
		}
	}
	return ""
}

func named(what, name string) string {
	if namedInternal(name) {
		return "its " + what + " is " + name
	}
	return ""
}

// allInside is why the first item is for inside, if all are.
func allInside(list manifest.Place, why func(manifest.Place) string) string {
	out := ""
	for it := range list.Items() {
		w := why(it)
		if w == "" {
			return ""
		}
		if out == "" {
			out = w
		}
	}
	return out
}

// address is where a route answers for the backend, as a URL.
func address(o *manifest.Object, backend manifest.Place) string {
	host, tls := "", false
	switch {
	case o.Key.Kind == "Ingress":
		tls = o.At("spec", "tls").Len() > 0
		for r := range o.At("spec", "rules").Items() {
			if strings.HasPrefix(backend.Path(), r.Path()+".") {
				host = r.At("host").Str()
			}
		}
	case o.Is("networking.istio.io", "VirtualService"):
		host = o.At("spec", "hosts", 0).Str()
	case o.Is("route.openshift.io", "Route"):
		host, tls = o.At("spec", "host").Str(), o.At("spec", "tls").Exists()
	case strings.HasPrefix(o.Key.Group(), "traefik."):
		tls = o.At("spec", "tls").Exists()
		for r := range o.At("spec", "routes").Items() {
			if strings.HasPrefix(backend.Path(), r.Path()+".") {
				host = traefikHost(r.At("match").Str())
			}
		}
	default:
		host = o.At("spec", "hostnames", 0).Str()
		tls = o.Key.Kind == "TLSRoute"
	}
	if host == "" || host == "*" {
		return "any host of " + o.String()
	}
	if slices.Contains([]string{"TCPRoute", "UDPRoute", "IngressRouteTCP", "IngressRouteUDP"}, o.Key.Kind) {
		return host
	}
	if tls {
		return "https://" + host
	}
	return "http://" + host
}

// traefikHost is the first host of a rule: Host(`shop.example.org`) && ….
func traefikHost(match string) string {
	_, rest, ok := strings.Cut(match, "(`")
	if !ok || !strings.HasPrefix(match, "Host") {
		return ""
	}
	host, _, _ := strings.Cut(rest, "`")
	return host
}
