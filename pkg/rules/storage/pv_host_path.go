package storage

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PvHostPath reports PersistentVolumes that are folders of the node.
var PvHostPath = &rule.Rule{
	Meta: rule.Meta{
		ID: "pv-host-path", Severity: result.High, Since: "0.1",
		Title: "PersistentVolume is a folder of the node",
		Why: `A claim on such a volume gives a pod a writable folder of the node without a
hostPath in the pod, past every policy that forbids those. The data stays
behind when the pod moves to another node.`,
		Fix: "use a local volume with node affinity, or a storage driver",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
			"https://kubernetes.io/docs/concepts/storage/volumes/#local",
		},
	},
	On: rule.Kinds("", "PersistentVolume"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if at := o.At("spec", "hostPath"); at.Exists() {
			p.Report(at, "%s is host path %q: whoever claims it writes to the node, past the rules on pods", o, at.At("path").Str())
		}
	},
}
