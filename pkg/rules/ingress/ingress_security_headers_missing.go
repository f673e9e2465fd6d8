package ingress

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// HeaderParams are the parameters of ingress-security-headers-missing.
type HeaderParams struct {
	// Headers are the response headers that a route needs.
	Headers []string `yaml:"headers"`
}

// IngressSecurityHeadersMissing reports routes that add no security headers.
var IngressSecurityHeadersMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-security-headers-missing", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Route adds no security headers",
		Why: `Browsers keep pages out of frames, types from being guessed and scripts from
other places only where a response says so. Many applications send the headers
themselves, which no manifest shows: hence off.`,
		Fix: "add the headers in the controller (add-headers), on the route (custom-headers, a middleware), or in the application",
		Refs: []string{
			"https://owasp.org/www-project-secure-headers/",
			"https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#custom-headers",
		},
	},
	Params: func() any {
		return &HeaderParams{Headers: []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options"}}
	},
	On: ingresses,
	Object: func(p *rule.Pass, o *manifest.Object) {
		set := strings.ToLower(addedHeaders(p, o))
		missing := slices.DeleteFunc(slices.Clone(p.Params.(*HeaderParams).Headers), func(h string) bool {
			return strings.Contains(set, strings.ToLower(h)) || strings.Contains(set, strings.ToLower(middlewareOption[h]))
		})
		if len(missing) > 0 {
			p.Report(o.Annotations(), "neither %s nor its controller adds %s: browsers fall back to lax defaults", o, strings.Join(missing, ", "))
		}
	},
}

// middlewareOption are the options of Traefik's middleware for a header.
var middlewareOption = map[string]string{
	"Content-Security-Policy": "contentSecurityPolicy", "X-Content-Type-Options": "contentTypeNosniff",
	"X-Frame-Options": "frameDeny", "Strict-Transport-Security": "stsSeconds",
	"Referrer-Policy": "referrerPolicy", "Permissions-Policy": "permissionsPolicy",
}

// addedHeaders is the text of all that adds headers to the route's responses:
// its annotations, and the ConfigMaps and middlewares that they and the
// controller name.
func addedHeaders(p *rule.Pass, o *manifest.Object) string {
	var b strings.Builder
	add := func(at manifest.Place) {
		for k, v := range at.Entries() {
			b.WriteString(k + " " + v.Str() + "\n")
			for name := range v.Entries() {
				b.WriteString(name + "\n")
			}
		}
	}
	named := func(kind string, name string) {
		for _, m := range p.Index.Objects {
			if m.Key.Kind == kind && m.Key.Name != "" && (strings.HasSuffix(name, "/"+m.Key.Name) || name == m.Key.Name || strings.HasPrefix(name, p.Index.Namespace(m)+"-"+m.Key.Name+"@")) {
				add(m.At("data"))
				add(m.At("spec", "headers"))
			}
		}
	}
	for name, at := range o.Annotations().Entries() {
		switch {
		case name == nginxPrefix+"custom-headers":
			named("ConfigMap", at.Str())
		case strings.HasSuffix(name, "router.middlewares"):
			for m := range strings.SplitSeq(at.Str(), ",") {
				named("Middleware", strings.TrimSpace(m))
			}
		case strings.HasSuffix(name, "-snippet"), strings.Contains(name, "header"):
			b.WriteString(at.Str() + "\n")
		}
	}
	if nginxClass(o) {
		for _, config := range controllerConfigs(p.Index) {
			named("ConfigMap", config.At("data", "add-headers").Str())
		}
	}
	return b.String()
}
