package ingress

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WAFDisabledForRoute reports Ingresses that switch the controller's firewall
// off.
var WAFDisabledForRoute = &rule.Rule{
	Meta: rule.Meta{
		ID: "waf-disabled-for-route", Severity: result.Medium, Since: "0.1",
		Title: "Route switches the firewall off",
		Why: `The controller guards all routes by its web application firewall, and this one
takes itself out. It is often a false alarm that was silenced whole, and the
route is from then on as open as if there were no firewall.`,
		Fix: "leave it on, and exclude the rule that is wrong by SecRuleRemoveById in modsecurity-snippet",
		Refs: []string{
			"https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#modsecurity",
		},
	},
	Universe: func(p *rule.Pass) {
		var on manifest.Place
		for _, c := range controllerConfigs(p.Index) {
			if at := c.At("data", "enable-modsecurity"); yes(at) {
				on = at
			}
		}
		if !on.Exists() {
			return
		}
		see := []result.Related{rule.See(on, "the controller has it on")}
		for _, o := range p.Index.Objects {
			if !ingresses(o) || !nginxClass(o) {
				continue
			}
			if at := nginx(o, "enable-modsecurity"); no(at) {
				p.Add(rule.Problem{At: at, Related: see, Message: fmt.Sprintf("%s switches ModSecurity off, which the controller has on", o)})
				continue
			}
			snippet := nginx(o, "modsecurity-snippet")
			if f := (firewall{on: snippet, directives: snippet}); snippet.Exists() && f.mode() == "Off" {
				p.Add(rule.Problem{At: snippet, Related: see, Message: fmt.Sprintf("%s sets SecRuleEngine Off, where the controller has ModSecurity on", o)})
			}
		}
	},
}
