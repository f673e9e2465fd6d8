package reliability

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// NodePlacementMissing reports pods that may run on any node.
var NodePlacementMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "node-placement-missing", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Pod does not choose its nodes",
		Why: `Where nodes differ in hardware, zone or trust, a pod that names none may land
on any of them. An opinion, hence off by default.`,
		Fix: "set nodeSelector or affinity.nodeAffinity on the pod",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		if pod.Spec.At("nodeSelector").Len() == 0 && pod.Spec.At("affinity", "nodeAffinity").Len() == 0 {
			p.Report(pod.Spec.At("nodeSelector"), "pod has neither nodeSelector nor node affinity: it may run on any node")
		}
	},
}
