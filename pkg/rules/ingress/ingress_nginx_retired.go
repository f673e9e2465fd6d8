package ingress

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressNginxRetired reports the community's ingress-nginx, once a target.
var IngressNginxRetired = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-nginx-retired", Severity: result.Medium, Since: "0.1",
		Title: "ingress-nginx is retired",
		Why: `The community's ingress-nginx gets no fixes since March 2026, and it stands at
the edge of the cluster with an account that by default reads every Secret. Its
last releases were 1.13.9, 1.14.5 and 1.15.1; what is older has known holes.
F5's controller of a similar name (nginx.org/ingress-controller) is another.`,
		Fix: "move to a Gateway API implementation or a controller that is maintained; until then run the last release",
		Refs: []string{
			"https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/",
			"https://github.com/kubernetes/ingress-nginx/tree/main/changelog",
		},
	},
	Universe: func(p *rule.Pass) {
		if found := controllers(p.Index); len(found) > 0 {
			c := found[0]
			pr := rule.Problem{At: c.At("image"), Message: fmt.Sprintf("container %q runs ingress-nginx, which gets no fixes since March 2026: new holes at the cluster's edge stay open", c.Name)}
			if c.version != (version{}) && belowLast(c.version) {
				pr.Severity = new(result.High)
				pr.Message = fmt.Sprintf("container %q runs ingress-nginx %d.%d.%d, which is retired and older than its last release: its holes are known", c.Name, c.version.major, c.version.minor, c.version.patch)
			}
			p.Add(pr)
			return
		}
		for _, o := range p.Index.Objects {
			if at, what := usesNginx(p.Index, o); what != "" {
				p.Report(at, "%s %s ingress-nginx, which gets no fixes since March 2026: new holes at the cluster's edge stay open", o, what)
				return
			}
		}
	},
}

// belowLast reports whether the release is older than the last of its line.
// Last: https://github.com/kubernetes/ingress-nginx/tree/main/changelog, as of
// its archival.
func belowLast(v version) bool {
	last := map[int]int{13: 9, 14: 5, 15: 1}
	patch, ok := last[v.minor]
	if v.major != 1 || !ok {
		return v.before(version{1, 15, 1})
	}
	return v.patch < patch
}

// usesNginx reports how the object asks for ingress-nginx, and where.
func usesNginx(x *index.Index, o *manifest.Object) (at manifest.Place, what string) {
	chart := func(at manifest.Place) (manifest.Place, string) {
		if at.Str() == "ingress-nginx" {
			return at, "deploys"
		}
		return at, ""
	}
	switch {
	case o.Is("networking.k8s.io", "IngressClass"):
		if at := o.At("spec", "controller"); at.Str() == "k8s.io/ingress-nginx" {
			return at, "hands Ingresses to"
		}
	case o.Is("helm.toolkit.fluxcd.io", "HelmRelease"):
		return chart(o.At("spec", "chart", "spec", "chart"))
	case o.Is("argoproj.io", "Application"):
		if at, what := chart(o.At("spec", "source", "chart")); what != "" {
			return at, what
		}
		for s := range o.At("spec", "sources").Items() {
			if at, what := chart(s.At("chart")); what != "" {
				return at, what
			}
		}
	case ingresses(o):
		return ingressUses(x, o)
	}
	return at, ""
}

// ingressUses looks at an Ingress' class: nginx is ingress-nginx's, unless a
// rendered class or an annotation shows F5's controller.
func ingressUses(x *index.Index, o *manifest.Object) (at manifest.Place, what string) {
	for name, a := range o.Annotations().Entries() {
		if strings.HasPrefix(name, "nginx.org/") {
			return at, ""
		}
		if strings.HasPrefix(name, nginxPrefix) && nginxClass(o) {
			at = a
		}
	}
	c := class(o)
	if ic := x.Get("networking.k8s.io", "IngressClass", x.Namespace(o), c.Str()); ic != nil || c.Str() != "nginx" {
		for _, ic := range x.Kind("networking.k8s.io", "IngressClass") {
			if ic.Key.Name == c.Str() {
				return at, "" // the class itself is judged
			}
		}
		if c.Str() != "" || !at.Exists() {
			return at, ""
		}
		return at, "has annotations of"
	}
	return c, "uses the class of"
}
