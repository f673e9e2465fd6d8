package reliability

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// NakedPod reports pods that nothing brings back.
var NakedPod = &rule.Rule{
	Meta: rule.Meta{
		ID: "naked-pod", Severity: result.Low, Since: "0.1",
		Title: "Pod has no controller",
		Why: `A pod without a controller is not made again when its node fails or is
drained, and it cannot be updated in place. A ReplicaSet is made again but not
rolled out.`,
		Fix: "put the pod template into a Deployment, StatefulSet, DaemonSet or Job",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/overview/#naked-pods-vs-replicasets-deployments-and-jobs",
		},
	},
	On: rule.Or(rule.Kinds("", "Pod", "ReplicationController"), rule.Kinds("apps", "ReplicaSet")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if o.At("metadata", "ownerReferences").Len() > 0 || helmTest(o) {
			return
		}
		if o.Is("", "Pod") {
			p.Report(o.At("kind"), "%s has no controller: if its node fails, it is gone", o)
			return
		}
		p.Report(o.At("kind"), "%s has no deployment above it: a change of its template reaches no running pod", o)
	},
}

// helmTest reports whether `helm test` runs the pod, once.
func helmTest(o *manifest.Object) bool {
	return strings.Contains(o.Annotations().At("helm.sh/hook").Str(), "test")
}
