package ingress

import (
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// claim is what a route asks for: two equal ones conflict.
type claim struct {
	by         string // kind, and the class or gateway
	host, path string
	match      string // how the path matches, and what else must
}

type placed struct {
	claim
	at manifest.Place
}

// claims lists the routes of an object. nginx' canaries share theirs on
// purpose.
func claims(p *rule.Pass, o *manifest.Object) []placed {
	switch {
	case ingresses(o) && !yes(nginx(o, "canary")):
		return ingressClaims(o)
	case o.Is(gatewayGroup, "HTTPRoute"):
		return httpRouteClaims(p, o)
	case virtualServices(o):
		return virtualServiceClaims(p, o)
	}
	return nil
}

func ingressClaims(o *manifest.Object) []placed {
	var out []placed
	for r := range o.At("spec", "rules").Items() {
		for path := range r.At("http", "paths").Items() {
			at, text := path.At("path"), path.At("path").Str()
			match := path.At("pathType").Str()
			if match == "Prefix" && len(text) > 1 {
				text = strings.TrimRight(text, "/") // means the same
			}
			out = append(out, placed{claim{"Ingress " + class(o).Str(), r.At("host").Str(), text, match}, at})
		}
	}
	return out
}

func httpRouteClaims(p *rule.Pass, o *manifest.Object) []placed {
	hosts := o.At("spec", "hostnames").Strings()
	if len(hosts) == 0 {
		hosts = []string{""}
	}
	var out []placed
	for ref := range o.At("spec", "parentRefs").Items() {
		namespace := ref.At("namespace").Str()
		if namespace == "" {
			namespace = p.Index.Namespace(o)
		}
		by := strings.Join([]string{"HTTPRoute", namespace, ref.At("name").Str(), ref.At("sectionName").Str(), ref.At("port").Str()}, " ")
		for r := range o.At("spec", "rules").Items() {
			for m := range r.At("matches").Items() {
				for _, host := range hosts {
					match := m.At("path", "type").Str() + " " + m.At("method").Str() + text(m.At("headers")) + text(m.At("queryParams"))
					out = append(out, placed{claim{by, host, m.At("path", "value").Str(), match}, m})
				}
			}
			if r.At("matches").Len() == 0 {
				for _, host := range hosts {
					out = append(out, placed{claim{by, host, "/", " "}, r})
				}
			}
		}
	}
	return out
}

func virtualServiceClaims(p *rule.Pass, o *manifest.Object) []placed {
	var out []placed
	for _, gateway := range o.At("spec", "gateways").Strings() {
		if gateway == "mesh" {
			continue // the services' own names, which namespaces keep apart
		}
		if !strings.Contains(gateway, "/") {
			gateway = p.Index.Namespace(o) + "/" + gateway
		}
		for _, host := range o.At("spec", "hosts").Strings() {
			for r := range o.At("spec", "http").Items() {
				if r.At("match").Len() == 0 {
					out = append(out, placed{claim{"VirtualService " + gateway, host, "/", ""}, r})
				}
				for m := range r.At("match").Items() {
					uri := m.At("uri")
					for kind, at := range uri.Entries() {
						out = append(out, placed{claim{"VirtualService " + gateway, host, at.Str(), kind + others(m, "uri")}, at})
					}
				}
			}
		}
	}
	return out
}

// others is the rest of a match, which may tell it apart.
func others(m manifest.Place, but string) string {
	var b strings.Builder
	for name, v := range m.Entries() {
		if name != but && name != "name" {
			b.WriteString(name + text(v))
		}
	}
	return b.String()
}

// text is the field as YAML, to be compared.
func text(at manifest.Place) string {
	if !at.Exists() {
		return ""
	}
	out, err := yaml.Marshal(at.Node())
	if err != nil {
		return ""
	}
	return string(out)
}
