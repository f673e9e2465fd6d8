package ingress

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressHostWildcard reports routes that answer for any name.
var IngressHostWildcard = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-host-wildcard", Severity: result.Low, Since: "0.1",
		Title: "Route answers for any host",
		Why: `A route without a host takes whatever name arrives, a stranger's that points
here included; cookies, links and virtual hosts behind it then follow the wrong
name. A wildcard below one domain is narrower, and still takes new names.`,
		Fix: "name the hosts that the application serves",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards",
			"https://istio.io/latest/docs/reference/config/networking/virtual-service/",
		},
	},
	On: rule.Or(ingresses, istioGateways, virtualServices),
	Object: func(p *rule.Pass, o *manifest.Object) {
		switch {
		case ingresses(o):
			for r := range o.At("spec", "rules").Items() {
				checkHost(p, o, r.At("host"))
			}
		case istioGateways(o):
			for s := range o.At("spec", "servers").Items() {
				for h := range s.At("hosts").Items() {
					checkHost(p, o, h)
				}
			}
		default:
			for h := range o.At("spec", "hosts").Items() {
				checkHost(p, o, h)
			}
		}
	},
}

var virtualServices = rule.Kinds("networking.istio.io", "VirtualService")

// checkHost looks at a host, which in Istio may follow a namespace and a slash.
func checkHost(p *rule.Pass, o *manifest.Object, at manifest.Place) {
	host := at.Str()[strings.LastIndexByte(at.Str(), '/')+1:]
	switch {
	case anyName(host):
		p.Report(at, "%s has a rule for every host: it answers for any name that arrives", o)
	case strings.HasPrefix(host, "*."):
		p.Add(rule.Problem{At: at, Severity: new(result.Info),
			Message: fmt.Sprintf("%s answers for every name below %q, those that are made later included", o, host[2:])})
	}
}
