package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// LowGroupId reports containers whose group number may belong to a group of the
// node.
var LowGroupId = &rule.Rule{
	Meta: rule.Meta{
		ID: "low-group-id", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Container runs with a low group id",
		Why: `Without user namespaces a group number inside the container is the same group
on the node, and files of that group on a mounted host path or after an escape
are within reach. Where the number is absent the image may choose group 0.`,
		Fix: "set runAsGroup to 10000 or above, or hostUsers: false on the pod",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
			"https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
		},
	},
	Params: lowIDDefaults,
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		if pod.Windows() || pod.OwnUsers() {
			return
		}
		limit := p.Params.(*LowIDParams).Limit
		at := pod.Inherit(c, "runAsGroup")
		switch gid, ok := at.Int(); {
		case ok && gid > 0 && gid < limit: // 0 is left to root-group-used
			p.Report(at, "container %q runs as group %d: below %d it may be a group of the node", c.Name, gid, limit)
		case !at.Exists():
			p.Report(at, "container %q names no group id: the image may choose group 0", c.Name)
		}
	},
}
