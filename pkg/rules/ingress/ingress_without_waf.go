package ingress

import (
	"github.com/kustoms-dev/kustoms/pkg/analysis/exposure"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressWithoutWAF reports routes from the internet that no web application
// firewall looks into.
var IngressWithoutWAF = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-without-waf", Severity: result.Low, Since: "0.1",
		Title: "Route from the internet has no web application firewall",
		Why: `A firewall that knows HTTP stops most of the scans and known attacks that every
public address gets within minutes, and buys time to patch. Whether one stands
in front that the render does not show, only its owner knows: say so in the
parameters.`,
		Fix: "switch the controller's firewall on (ModSecurity, Coraza, App Protect), refer to the cloud's, or declare the front that has one",
		Refs: []string{
			"https://kubernetes.github.io/ingress-nginx/user-guide/third-party-addons/modsecurity/",
			"https://coraza.io/docs/tutorials/introduction/",
		},
	},
	Params: func() any { return &WAFParams{} },
	Universe: func(p *rule.Pass) {
		if p.Params.(*WAFParams).Front != "" || wafEverywhere(p.Index) {
			return
		}
		for _, o := range p.Index.Objects {
			switch {
			case ingresses(o):
				if exposure.InternalIngress(o) == "" && !ingressWAF(p.Index, o) {
					p.Report(o.At("metadata", "name"), "%s has no web application firewall that can be seen: attacks reach the application as they come", o)
				}
			case o.Is(gatewayGroup, "Gateway"):
				if exposure.InternalGateway(o) == "" && !gatewayWAF(p.Index, o) {
					p.Report(o.At("metadata", "name"), "%s has no web application firewall that can be seen: attacks reach the applications behind it as they come", o)
				}
			case o.Is("", "Service") && o.At("spec", "type").Str() == "LoadBalancer":
				if servesWeb(o) && exposure.InternalService(o) == "" && !cloudWAF(o.Annotations()) && !controllerService(p.Index, o) {
					p.Report(o.At("metadata", "name"), "%s answers HTTP to the internet without a web application firewall that can be seen: attacks reach the application as they come", o)
				}
			}
		}
	},
}

// WAFParams are the parameters of ingress-without-waf.
type WAFParams struct {
	// Front names what stands before all routes and holds a firewall, such as
	// cloudflare.
	Front string `yaml:"front"`
}
