package storage

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// EmptyDirUnlimited reports emptyDir volumes that may fill the node's disk or
// memory.
var EmptyDirUnlimited = &rule.Rule{
	Meta: rule.Meta{
		ID: "empty-dir-unlimited", Severity: result.Low, Off: true, Since: "0.1",
		Title: "emptyDir has no size limit",
		Why: `An emptyDir lies on the node's disk, or in its memory with medium: Memory.
Without a limit one pod can fill it, and the kubelet then evicts others.`,
		Fix: "set sizeLimit on the emptyDir, or an ephemeral-storage limit on the containers",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/volumes/#emptydir",
			"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#setting-requests-and-limits-for-local-ephemeral-storage",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		limited := false
		for c := range pod.Containers() {
			limited = limited || c.At("resources", "limits", "ephemeral-storage").Exists()
		}
		for v := range pod.Spec.At("volumes").Items() {
			dir, name := v.At("emptyDir"), v.At("name").Str()
			switch at := dir.At("sizeLimit"); {
			case !dir.Exists() || at.Exists():
			case dir.At("medium").Str() == "Memory":
				medium := result.Medium
				p.Add(rule.Problem{At: at, Severity: &medium, Message: fmt.Sprintf("volume %q lies in memory without sizeLimit: it can take half of the node's memory", name)})
			case !limited:
				p.Report(at, "volume %q has no sizeLimit, and no container an ephemeral-storage limit: it can fill the node's disk", name)
			}
		}
	},
}
