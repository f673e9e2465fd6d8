package rbac

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// NetworkObjectsWritable reports roles that may redirect or open traffic.
var NetworkObjectsWritable = &rule.Rule{
	Meta: rule.Meta{
		ID: "network-objects-writable", Severity: result.Medium, Since: "0.1",
		Title: "Role may redirect or open traffic",
		Why: `Services, endpoints, ingresses and routes say where traffic goes, and policies
who may connect: whoever writes them reads and answers requests meant for
others, or opens what was closed.`,
		Fix: "keep the kinds that the controller needs, with resourceNames where objects are known",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
			"https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, writeVerbs, networkObjects...) {
			g.report(p, result.Medium, "it decides where their traffic goes, or who may connect")
		}
	},
}
