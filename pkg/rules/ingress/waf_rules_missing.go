package ingress

import (
	"strconv"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WafRulesMissing reports firewalls without rules to apply.
var WafRulesMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "waf-rules-missing", Severity: result.Medium, Since: "0.1",
		Title: "Web application firewall has no rules",
		Why: `ModSecurity and Coraza are engines: without the Core Rule Set or rules of your
own they look at nothing. Removing whole ranges of rules, or paranoia level 0,
comes to the same.`,
		Fix: "load the OWASP Core Rule Set, and remove single rules where they are false alarms",
		Refs: []string{
			"https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/#enable-owasp-modsecurity-crs",
			"https://coreruleset.org/docs/2-how-crs-works/2-2-paranoia_levels/",
		},
	},
	On: rule.Or(ingresses, configMaps, rule.Kinds("extensions.istio.io", "WasmPlugin"), rule.Kinds("traefik.io", "Middleware")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		for _, f := range firewalls(p.Index, o) {
			text := f.text()
			if !f.crs && !loads.MatchString(text) {
				p.Report(f.at(), "%s has a firewall on without rules: it looks at nothing", o)
			}
			for _, m := range ranges.FindAllStringSubmatch(text, -1) {
				from, _ := strconv.Atoi(m[1]) // digits, as the pattern has them
				to, _ := strconv.Atoi(m[2])
				if to-from >= wholeRange {
					p.Report(f.item(ranges), "%s removes rules %s to %s from the firewall: whole classes of attacks pass", o, m[1], m[2])
				}
			}
			if level.MatchString(text) {
				p.Report(f.item(level), "%s sets paranoia level 0: the firewall applies no rule", o)
			}
		}
	},
}

// wholeRange is the least number of rule ids that counts as a class of attacks:
// the Core Rule Set gives each of its files a thousand.
const wholeRange = 900
