package ingress

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WafDetectionOnly reports firewalls that let attacks pass and write them down.
var WafDetectionOnly = &rule.Rule{
	Meta: rule.Meta{
		ID: "waf-detection-only", Severity: result.Medium, Since: "0.1",
		Title: "Web application firewall only logs",
		Why: `A firewall that detects without blocking looks like protection in every plan
and stops nothing. ModSecurity's recommended file, which ingress-nginx loads,
says DetectionOnly until SecRuleEngine On overrides it.`,
		Fix: "set SecRuleEngine On once the log shows no false alarms",
		Refs: []string{
			"https://kubernetes.github.io/ingress-nginx/user-guide/third-party-addons/modsecurity/",
			"https://coraza.io/docs/seclang/directives/#secruleengine",
		},
	},
	On: rule.Or(ingresses, configMaps, rule.Kinds("extensions.istio.io", "WasmPlugin"), rule.Kinds("traefik.io", "Middleware"), rule.Kinds("appprotect.f5.com", "APPolicy")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if at := o.At("spec", "policy", "enforcementMode"); o.Key.Kind == "APPolicy" {
			if at.Str() == "transparent" {
				p.Report(at, "%s is transparent: the firewall writes attacks down and lets them pass", o)
			}
			return
		}
		for _, f := range firewalls(p.Index, o) {
			switch mode := f.mode(); {
			case strings.EqualFold(mode, "On"):
			case mode == "":
				p.Report(f.at(), "%s has a firewall on and no SecRuleEngine On: it stays in detection and lets attacks pass", o)
			default:
				p.Report(f.item(engine), "%s has a firewall on with SecRuleEngine %s: attacks pass", o, mode)
			}
		}
		if at := o.Annotations().At("haproxy-ingress.github.io/waf-mode"); at.Str() == "detect" {
			p.Report(at, "%s has a firewall on in mode detect: attacks pass", o)
		}
	},
}
