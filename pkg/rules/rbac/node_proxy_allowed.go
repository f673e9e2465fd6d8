package rbac

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// NodeProxyAllowed reports roles that may reach the kubelets.
var NodeProxyAllowed = &rule.Rule{
	Meta: rule.Meta{
		ID: "node-proxy-allowed", Severity: result.High, Since: "0.1",
		Title: "Role may reach the kubelet of every node",
		Why: `nodes/proxy leads to the kubelet behind the API server: it runs commands in
every pod of the node, past admission and past the audit log. A get is enough,
as a websocket is opened with one.`,
		Fix: "remove nodes/proxy; metrics need nodes/metrics and nodes/stats only",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#access-to-proxy-subresource-of-nodes",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		verbs := slices.Concat(readVerbs, writeVerbs)
		if o.Is(manifest.RBACGroup, "Role") {
			verbs = connectVerbs // what else it lists does no harm in a ClusterRole either
		}
		for g := range grants(o, verbs, nodeProxies...) {
			g.reportCluster(p, result.High, "the kubelet behind it runs commands in every pod, unseen by the audit log")
		}
	},
}
