package pod

import (
	"regexp"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ControlPlaneToleration reports pods that may run, or must run, on
// control-plane nodes.
var ControlPlaneToleration = &rule.Rule{
	Meta: rule.Meta{
		ID: "control-plane-toleration", Severity: result.Medium, Since: "0.1",
		Title: "Pod may run on the control plane",
		Why: `Control-plane nodes hold etcd, the cluster's keys and the API server. A pod
beside them that is taken over, or that takes their memory, is one step from
the whole cluster. The taint is there to keep others away.`,
		Fix: "remove the toleration and the selector, or name exactly the taints that the pod must tolerate",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
			"https://kubernetes.io/docs/reference/labels-annotations-taints/#node-role-kubernetes-io-control-plane-taint",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Params: agentDefaults,
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		agent := pod.Object.Key.Kind == "DaemonSet" && isAgent(pod, p.Params.(*AgentParams).Agents)
		for t := range pod.Spec.At("tolerations").Items() {
			if effect := t.At("effect").Str(); effect != "" && effect != "NoSchedule" {
				continue // the taint is NoSchedule
			}
			key, exists := t.At("key"), t.At("operator").Str() == "Exists"
			switch {
			case slices.Contains(controlPlaneLabels, key.Str()) && (exists || t.At("value").Str() == ""):
				p.Report(key, "%s tolerates the taint %q: its pods may run beside the control plane", pod.Object, key.Str())
			case key.Str() == "" && exists && !agent:
				p.Report(t.At("operator"), "%s tolerates every taint: its pods may run beside the control plane", pod.Object)
			}
		}
		for label, at := range pod.Spec.At("nodeSelector").Entries() {
			if slices.Contains(controlPlaneLabels, label) {
				p.Report(at, "%s selects nodes with label %q: its pods run beside the control plane", pod.Object, label)
			}
		}
		if at := pod.Spec.At("nodeName"); controlPlaneName.MatchString(at.Str()) {
			p.Report(at, "%s is bound to node %q: its pods run beside the control plane", pod.Object, at.Str())
		}
	},
}

// controlPlaneLabels are the taint and label of control-plane nodes, and what
// it was called before Kubernetes 1.24.
var controlPlaneLabels = []string{"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}

// controlPlaneName is how installers name such nodes.
var controlPlaneName = regexp.MustCompile(`(?i)(?:^|[-.])(?:control-?plane|master)(?:[-.\d]|$)`)
