package rbac

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ServiceStatusWritable reports roles that may forge the state of Services.
var ServiceStatusWritable = &rule.Rule{
	Meta: rule.Meta{
		ID: "service-status-writable", Severity: result.Medium, Since: "0.1",
		Title: "Role may forge the address of a load balancer",
		Why: `Nodes redirect traffic for the addresses in status.loadBalancer.ingress to the
Service: whoever writes them takes over connections to any address
(CVE-2020-8554). This is how Services work and will not be fixed.`,
		Fix: "leave services/status to the load balancer controller",
		Refs: []string{
			"https://github.com/kubernetes/kubernetes/issues/97076",
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, changeVerbs, serviceStatuses...) {
			g.report(p, result.Medium, "a load balancer address that it writes draws the traffic for that address")
		}
	},
}
