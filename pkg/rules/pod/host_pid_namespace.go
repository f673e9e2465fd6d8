package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// HostPidNamespace reports pods that share the node's process namespace.
var HostPidNamespace = &rule.Rule{
	Meta: rule.Meta{
		ID: "host-pid-namespace", Severity: result.High, Since: "0.1",
		Title: "Pod shares the node's process namespace",
		Why: `With the host's process namespace a container sees every process of the node
with its arguments and, for its own user, its environment and memory: secrets
of other pods among them. As root it may signal or trace them.`,
		Fix:  "remove hostPID from the pod's spec, or set it to false",
		Want: "false",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		if at := pod.Spec.At("hostPID"); at.IsTrue() {
			p.Report(at, "pod shares the node's process namespace: it sees and may signal the processes of every pod there")
		}
	},
}
