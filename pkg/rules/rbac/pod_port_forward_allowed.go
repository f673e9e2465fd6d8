package rbac

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PodPortForwardAllowed reports roles that may open connections through the API
// server.
var PodPortForwardAllowed = &rule.Rule{
	Meta: rule.Meta{
		ID: "pod-port-forward-allowed", Severity: result.Medium, Since: "0.1",
		Title: "Role may open connections to pods past policies",
		Why: `A forwarded or proxied connection starts at the API server or the node, so
that no NetworkPolicy sees it: ports meant for neighbours, or for the pod
itself, answer to whoever holds the role.`,
		Fix: "remove pods/portforward, pods/proxy and services/proxy",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
			"https://kubernetes.io/docs/tasks/access-application-cluster/port-forward-access-application-cluster/",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, connectVerbs, tunnels...) {
			g.report(p, result.Medium, "such connections pass beside every NetworkPolicy")
		}
	},
}
