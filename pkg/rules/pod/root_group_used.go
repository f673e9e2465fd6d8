package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// RootGroupUsed reports groups that a pod sets to 0.
var RootGroupUsed = &rule.Rule{
	Meta: rule.Meta{
		ID: "root-group-used", Severity: result.Low, Since: "0.1",
		Title: "Pod uses the root group",
		Why: `Files of group 0 are the group-writable system files of most images, and of
the node where a host path is mounted. A process in that group can change them
without being root.`,
		Fix: "set runAsGroup, fsGroup and supplementalGroups to numbers above 0",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		root := func(at manifest.Place, what string, args ...any) {
			if gid, ok := at.Int(); ok && gid == 0 {
				p.Report(at, what+": it may change files of the root group", args...)
			}
		}
		if pod.Windows() {
			return
		}
		ctx := pod.Spec.At("securityContext")
		root(ctx.At("runAsGroup"), "pod runs as group 0")
		root(ctx.At("fsGroup"), "pod gives its volumes to group 0")
		for g := range ctx.At("supplementalGroups").Items() {
			root(g, "pod belongs to group 0")
		}
		for c := range pod.Containers() {
			root(c.At("securityContext", "runAsGroup"), "container %q runs as group 0", c.Name)
		}
	},
}
