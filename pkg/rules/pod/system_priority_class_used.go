package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SystemPriorityClassUsed reports workloads outside kube-system that take the
// system's priority.
var SystemPriorityClassUsed = &rule.Rule{
	Meta: rule.Meta{
		ID: "system-priority-class-used", Severity: result.Low, Since: "0.1",
		Title: "Workload has a system priority class",
		Why: `The two system classes stand above every class that users can make. On a full
node such a pod evicts all others, the cluster's own add-ons among them, and
is itself never evicted for theirs.`,
		Fix: "make a PriorityClass of your own and name that",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/",
			"https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		at := pod.Spec.At("priorityClassName")
		if p.Index.Namespace(pod.Object) == "kube-system" {
			return
		}
		if class := at.Str(); class == "system-cluster-critical" || class == "system-node-critical" {
			p.Report(at, "%s has priority class %q outside kube-system: it evicts every other pod", pod.Object, class)
		}
	},
}
