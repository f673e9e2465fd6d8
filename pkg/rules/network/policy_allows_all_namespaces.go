package network

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SharedPortParams are the parameters of policy-allows-all-namespaces.
type SharedPortParams struct {
	// Ports, by number or name, may be open to every namespace: DNS and
	// metrics.
	Ports []string `yaml:"ports"`
}

// PolicyAllowsAllNamespaces reports policies that admit every pod of the
// cluster.
var PolicyAllowsAllNamespaces = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-allows-all-namespaces", Severity: result.Low, Since: "0.1",
		Title: "Policy admits every namespace",
		Why: `An empty namespaceSelector stands for all namespaces: one broken pod anywhere
in the cluster may connect.`,
		Fix: "select the namespaces that need it, by kubernetes.io/metadata.name or a label of yours",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors",
		},
	},
	Params: func() any {
		return &SharedPortParams{Ports: []string{"53", "dns", "dns-tcp", "metrics", "http-metrics"}}
	},
	On: netpol.Is,
	Object: func(p *rule.Pass, o *manifest.Object) {
		shared := p.Params.(*SharedPortParams).Ports
		for _, policy := range netpol.Of(o) {
			for r := range policy.Rules(netpol.Ingress) {
				at, ok := everyNamespace(r)
				if !ok {
					continue
				}
				ports := rulePorts(r)
				if len(ports) > 0 && !slices.ContainsFunc(ports, func(port string) bool { return !slices.Contains(shared, port) }) {
					continue
				}
				p.Report(at, "%s lets every pod of the cluster connect to the pods that it selects", o)
			}
		}
	},
}
