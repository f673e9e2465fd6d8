package network

import (
	"github.com/kustoms-dev/kustoms/pkg/analysis/exposure"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ServiceLoadBalancerPublic reports Services that a load balancer opens to
// everyone.
var ServiceLoadBalancerPublic = &rule.Rule{
	Meta: rule.Meta{
		ID: "service-load-balancer-public", Severity: result.Medium, Since: "0.1",
		Title: "Load balancer opens the Service to everyone",
		Why: `Without an internal load balancer or source ranges, clouds give the Service a
public address that answers the whole internet, beside the ingress with its
TLS, firewall and log.`,
		Fix: "set spec.loadBalancerSourceRanges, or the cloud's annotation for an internal load balancer",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/service/#internal-load-balancer",
			"https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/",
		},
	},
	On: rule.Kinds("", "Service"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		at := o.At("spec", "type")
		if at.Str() == "LoadBalancer" && exposure.InternalService(o) == "" {
			p.Report(at, "%s has a load balancer that answers everyone: neither source ranges nor an internal address limit it", o)
		}
	},
}
