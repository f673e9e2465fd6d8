package ingress

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// GatewayRoutesAnyNamespace reports gateways and grants that are open to every
// namespace.
var GatewayRoutesAnyNamespace = &rule.Rule{
	Meta: rule.Meta{
		ID: "gateway-routes-any-namespace", Severity: result.Medium, Since: "0.1",
		Title: "Gateway takes routes from every namespace",
		Why: `A listener without a hostname that takes routes from all namespaces lets
whoever may write a route anywhere claim any host that arrives there, a login
page's included. A ReferenceGrant without a name gives several namespaces every
object of the kind, Secrets with keys among them.`,
		Fix: "choose the namespaces with from: Selector, give the listener a hostname, and name the object that a grant is for",
		Refs: []string{
			"https://gateway-api.sigs.k8s.io/guides/user-guides/multiple-ns/",
			"https://gateway-api.sigs.k8s.io/reference/api-types/referencegrant/",
		},
	},
	On: rule.Or(gateways, rule.Kinds(gatewayGroup, "ReferenceGrant")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		for l := range o.At("spec", "listeners").Items() {
			at := l.At("allowedRoutes", "namespaces", "from")
			if at.Str() == "All" && l.At("hostname").Str() == "" {
				p.Report(at, "listener %q of %s has no hostname and takes routes from every namespace: any of them can claim any host", l.At("name").Str(), o)
			}
		}
		namespaces := map[string]bool{}
		for f := range o.At("spec", "from").Items() {
			namespaces[f.At("namespace").Str()] = true
		}
		for to := range o.At("spec", "to").Items() {
			if len(namespaces) > 1 && to.At("name").Str() == "" {
				p.Report(to.At("kind"), "%s gives %d namespaces every %s of its namespace, since it names none", o, len(namespaces), to.At("kind").Str())
			}
		}
	},
}
