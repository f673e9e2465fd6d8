package network

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ServiceNodePort reports Services that open a port on every node.
var ServiceNodePort = &rule.Rule{
	Meta: rule.Meta{
		ID: "service-node-port", Severity: result.Low, Since: "0.1",
		Title: "Service opens a port on every node",
		Why: `A NodePort Service listens on every node's every address, past the load
balancer and its firewall, and on networks that nobody thought of. Clients
reach it without TLS termination, web application firewall or access log of
the ingress.`,
		Fix: "set spec.type: ClusterIP and route from outside through an Ingress or Gateway",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	On: rule.Kinds("", "Service"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if t := o.At("spec", "type"); t.Str() == "NodePort" {
			p.Report(t, "%s opens a port on every node: whoever reaches a node reaches it", o)
		}
	},
}
