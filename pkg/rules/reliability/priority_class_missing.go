package reliability

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PriorityClassMissing reports pods without a priority.
var PriorityClassMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "priority-class-missing", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Pod has no priority class",
		Why: `When nodes are full, the scheduler evicts pods of lower priority. Without a
class everything has priority 0, and chance decides. An opinion, hence off by
default.`,
		Fix: "set priorityClassName on the pod",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		if at := pod.Spec.At("priorityClassName"); at.Str() == "" && !hasDefaultPriority(p.Index) {
			p.Report(at, "pod has no priority class: on full nodes chance decides whether it stays")
		}
	},
}

func hasDefaultPriority(x *index.Index) bool {
	return slices.ContainsFunc(x.Kind("scheduling.k8s.io", "PriorityClass"), func(o *manifest.Object) bool {
		return o.At("globalDefault").IsTrue()
	})
}
