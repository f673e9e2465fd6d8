package network

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PolicyEnforcementDisabled reports network plugins that are told not to
// enforce policies.
var PolicyEnforcementDisabled = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-enforcement-disabled", Severity: result.High, Since: "0.1",
		Title: "Network plugin does not enforce policies",
		Why: `The policies are there, and reviews count on them, but the plugin lets the
traffic through: Cilium with enable-policy never or in audit mode for all of
it, Calico with the action Accept for what pods send to their node.`,
		Fix: "set enable-policy to default and policy-audit-mode to false, or defaultEndpointToHostAction to Drop",
		Refs: []string{
			"https://docs.cilium.io/en/stable/security/policy/intro/#policy-enforcement-modes",
			"https://docs.tigera.io/calico/latest/reference/resources/felixconfig",
		},
	},
	On: rule.Or(rule.Kinds("", "ConfigMap"), rule.Kinds("crd.projectcalico.org", "FelixConfiguration"), rule.Kinds("projectcalico.org", "FelixConfiguration")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if o.Key.Kind == "FelixConfiguration" {
			if at := o.At("spec", "defaultEndpointToHostAction"); at.Str() == "Accept" {
				p.Report(at, "%s accepts what pods send to their node, whatever policies say", o)
			}
			return
		}
		if o.Key.Name != "cilium-config" {
			return
		}
		if at := o.At("data", "enable-policy"); at.Str() == "never" {
			p.Report(at, "%s turns policies off: Cilium lets all traffic through", o)
		}
		if at := o.At("data", "policy-audit-mode"); at.Str() == "true" {
			p.Report(at, "%s only records what policies refuse: Cilium lets all traffic through", o)
		}
	},
}
