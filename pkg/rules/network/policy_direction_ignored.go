package network

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PolicyDirectionIgnored reports rules of a policy that its policyTypes leave
// out.
var PolicyDirectionIgnored = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-direction-ignored", Severity: result.High, Since: "0.1",
		Title: "Policy's rules for a direction do nothing",
		Why: `Where policyTypes leaves a direction out, the rules for it are ignored without
a word, and the traffic flows as if they were not written. The other way
round, a listed direction without rules denies everything.`,
		Fix: "list the direction in spec.policyTypes",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource",
		},
	},
	On: rule.Kinds("networking.k8s.io", "NetworkPolicy"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		for _, policy := range netpol.Of(o) {
			for _, d := range []netpol.Direction{netpol.Ingress, netpol.Egress} {
				if rules := policy.Spec.At(string(d)); rules.Len() > 0 && !policy.Isolates(d) {
					p.Report(rules, "%s has %s rules that do nothing: policyTypes leaves the direction out", o, d)
				}
			}
			types := policy.Spec.At("policyTypes")
			if slices.Contains(types.Strings(), "Egress") && !policy.Spec.At("egress").Exists() {
				p.Add(rule.Problem{
					At: types, Severity: new(result.Info),
					Message: fmt.Sprintf("%s lists Egress and has no egress rules: all outgoing traffic is denied", o),
				})
			}
		}
	},
}
