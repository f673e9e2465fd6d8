package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// HostNetworkNamespace reports pods that share the node's network namespace.
var HostNetworkNamespace = &rule.Rule{
	Meta: rule.Meta{
		ID: "host-network-namespace", Severity: result.High, Since: "0.1",
		Title: "Pod shares the node's network namespace",
		Why: `With the host's network namespace a container reaches services that listen on
the node's loopback address only, can watch the node's traffic and speaks with
the node's address. NetworkPolicies do not apply to such pods.`,
		Fix:  "remove hostNetwork from the pod's spec, or set it to false",
		Want: "false",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		if at := pod.Spec.At("hostNetwork"); at.IsTrue() {
			p.Report(at, "pod shares the node's network namespace: it reaches the node's loopback services, and NetworkPolicies do not bind it")
		}
	},
}
