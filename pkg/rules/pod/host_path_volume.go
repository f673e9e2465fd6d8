package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// HostPathVolume reports the host path volumes that no stronger rule speaks of.
var HostPathVolume = &rule.Rule{
	Meta: rule.Meta{
		ID: "host-path-volume", Severity: result.Medium, Since: "0.1",
		Title: "Pod uses a host path",
		Why: `A host path ties the pod to what happens to lie on a node: the content differs
from node to node, outlives the pod and is shared with whatever else uses the
path. Clusters that enforce the Pod Security baseline refuse it.`,
		Fix: "replace the hostPath by a persistentVolumeClaim, a configMap or an emptyDir",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
		},
	},
	Params: agentDefaults,
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		if isAgent(pod, p.Params.(*AgentParams).Agents) {
			return
		}
		for _, h := range pod.HostPaths() {
			if sensitive(h.Path) == "" && !isRuntimeSocket(h.Path) && (readOnly(h) || len(h.Mounts) == 0) {
				p.Report(h.At, "volume %q is host path %q: its content depends on the node and outlives the pod", h.Name, h.At.Str())
			}
		}
	},
}
