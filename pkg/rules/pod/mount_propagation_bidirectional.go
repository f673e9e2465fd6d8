package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MountPropagationBidirectional reports mounts that a container can pass on to
// the node.
var MountPropagationBidirectional = &rule.Rule{
	Meta: rule.Meta{
		ID: "mount-propagation-bidirectional", Severity: result.High, Since: "0.1",
		Title: "Mounts made in the container appear on the node",
		Why: `With Bidirectional propagation a mount that the container makes shows up on
the node and in every pod that mounts the same volume. A hostile mount can so
hide or replace the node's own files. CSI node plugins need it; suppress the
finding there.`,
		Fix:  "remove mountPropagation, or set it to HostToContainer; in a CSI node plugin suppress this rule",
		Want: "HostToContainer",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation",
		},
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		for m := range c.At("volumeMounts").Items() {
			if at := m.At("mountPropagation"); at.Str() == "Bidirectional" {
				p.Report(at, "container %q passes its mounts below %q on to the node: only CSI node plugins need that (suppress it there)", c.Name, m.At("mountPath").Str())
			}
		}
	},
}
