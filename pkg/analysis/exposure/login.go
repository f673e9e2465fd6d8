package exposure

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// loginAnnotations make what serves a route ask for a login, as of mid-2026;
// the value that switches it off, if there is one.
var loginAnnotations = map[string]string{
	"nginx.ingress.kubernetes.io/auth-url": "", "nginx.ingress.kubernetes.io/auth-type": "", "nginx.ingress.kubernetes.io/auth-tls-secret": "",
	"nginx.org/basic-auth-secret": "", "nginx.org/jwt-key": "",
	"haproxy.org/auth-type": "", "haproxy-ingress.github.io/auth-secret": "", "haproxy-ingress.github.io/auth-url": "",
	"alb.ingress.kubernetes.io/auth-type":              "none",
	"traefik.ingress.kubernetes.io/auth-type":          "",
	"ingress.kubernetes.io/auth-type":                  "",
	"ingress.pomerium.io/allow_any_authenticated_user": "false", "ingress.pomerium.io/policy": "",
}

// loginOf says what asks for a login at a route or Service, "" if nothing is
// seen to. Where a middleware that is not rendered may, it counts.
func loginOf(x *index.Index, o *manifest.Object) string {
	for key, v := range o.Annotations().Entries() {
		off, ok := loginAnnotations[key]
		if ok && v.Str() != "" && v.Str() != off {
			return "annotation " + key
		}
	}
	if names := o.Annotations().At("traefik.ingress.kubernetes.io/router.middlewares").Str(); names != "" {
		for _, n := range strings.Split(names, ",") {
			n, _, _ = strings.Cut(strings.TrimSpace(n), "@")
			for _, m := range middlewares(x) {
				if x.Namespace(m)+"-"+m.Key.Name == n && asks(m) {
					return m.String()
				}
			}
			if strings.Contains(n, "auth") || strings.Contains(n, "oauth") || strings.Contains(n, "sso") {
				return "middleware " + n
			}
		}
	}
	for r := range o.At("spec", "routes").Items() {
		for ref := range r.At("middlewares").Items() {
			name := ref.At("name").Str()
			for _, m := range middlewares(x) {
				if m.Key.Name == name && asks(m) {
					return m.String()
				}
			}
			if strings.Contains(name, "auth") || strings.Contains(name, "sso") {
				return "middleware " + name
			}
		}
	}
	return ""
}

func middlewares(x *index.Index) []*manifest.Object {
	return append(x.Kind("traefik.io", "Middleware"), x.Kind("traefik.containo.us", "Middleware")...)
}

func asks(m *manifest.Object) bool {
	for _, f := range [...]string{"basicAuth", "digestAuth", "forwardAuth"} {
		if m.At("spec", f).Exists() {
			return true
		}
	}
	return false
}

// loginProxies are images that let nobody through without a login.
var loginProxies = []string{"oauth2-proxy", "oauth2_proxy", "oauth-proxy", "kube-rbac-proxy", "pomerium", "keycloak-gatekeeper", "gogatekeeper", "authelia"}

// proxyLogin says which container of the pod asks for a login where the way
// arrives, "" if none does.
func proxyLogin(e Entry) string {
	for c := range e.Pod.Containers() {
		image := c.At("image").Str()
		for _, name := range loginProxies {
			if !strings.Contains(image, name) {
				continue
			}
			for p := range c.At("ports").Items() {
				if n, _ := p.At("containerPort").Int(); int(n) == e.Target.Number {
					return "container " + c.Name
				}
			}
		}
	}
	return ""
}
