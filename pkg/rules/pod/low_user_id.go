package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// LowIDParams are the parameters of low-user-id and low-group-id.
type LowIDParams struct {
	// Limit is the lowest id that passes.
	Limit int64 `yaml:"limit"`
}

func lowIDDefaults() any { return &LowIDParams{Limit: 10_000} }

// LowUserId reports containers whose user number may belong to a user of the
// node.
var LowUserId = &rule.Rule{
	Meta: rule.Meta{
		ID: "low-user-id", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Container runs with a low user id",
		Why: `Without user namespaces a number inside the container is the same number on
the node. A number in the range of the node's own users gives an escaped
process, or a mounted host path, those users' files. An opinion where nodes
hold no users, hence off by default.`,
		Fix: "set runAsUser to 10000 or above, or hostUsers: false on the pod",
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
		at := pod.Inherit(c, "runAsUser")
		switch uid, ok := at.Int(); {
		case ok && uid > 0 && uid < limit: // 0 is left to runs-as-root-user
			p.Report(at, "container %q runs as user %d: below %d it may be a user of the node", c.Name, uid, limit)
		case !at.Exists() && pod.Inherit(c, "runAsNonRoot").IsTrue(): // else left to run-as-non-root
			p.Report(at, "container %q names no user id: the image may choose one that is a user of the node", c.Name)
		}
	},
}
