package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// HostPathWritable reports mounts through which a container may write to the
// node.
var HostPathWritable = &rule.Rule{
	Meta: rule.Meta{
		ID: "host-path-writable", Severity: result.High, Since: "0.1",
		Title: "Container may write to the node",
		Why: `A writable host path lets a container plant files on the node, fill its disk
and meet the files of other pods. A later pod, or a program of the node, may
run or trust what it finds there.`,
		Fix:  "set readOnly: true on the volumeMount, or use a persistent volume or an emptyDir instead of the hostPath",
		Want: "true",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		for _, h := range pod.HostPaths() {
			if sensitive(h.Path) != "" || isRuntimeSocket(h.Path) {
				continue
			}
			for _, m := range h.Mounts {
				if !m.ReadOnly() {
					p.Report(m.At.At("readOnly"), "container %q may write host path %q: it can plant files on the node and fill its disk", m.Container.Name, h.At.Str())
				}
			}
		}
	},
}
