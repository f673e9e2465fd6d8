package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// HostIpcNamespace reports pods that share the node's IPC namespace.
var HostIpcNamespace = &rule.Rule{
	Meta: rule.Meta{
		ID: "host-ipc-namespace", Severity: result.High, Since: "0.1",
		Title: "Pod shares the node's IPC namespace",
		Why: `With the host's IPC namespace a container can reach the shared memory,
semaphores and message queues of processes on the node, those of databases and
system services among them.`,
		Fix:  "remove hostIPC from the pod's spec, or set it to false",
		Want: "false",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		if at := pod.Spec.At("hostIPC"); at.IsTrue() {
			p.Report(at, "pod shares the node's IPC namespace: it reads and writes shared memory of processes there")
		}
	},
}
