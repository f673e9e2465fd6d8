package reliability

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// EphemeralStorageUnbounded reports containers whose use of the node's disk is
// neither reserved nor bounded.
var EphemeralStorageUnbounded = &rule.Rule{
	Meta: rule.Meta{
		ID: "ephemeral-storage-unbounded", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Container's use of the node's disk is unbounded",
		Why: `Logs, emptyDir volumes and the writable layer share the node's disk. A
container without a bound fills it, and the kubelet then evicts other pods.`,
		Fix: "set ephemeral-storage in the container's resources.requests and resources.limits",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/ephemeral-storage/",
		},
	},
	Params: requestParams,
	Universe: func(p *rule.Pass) {
		reportUnset(p, "requests", "ephemeral-storage", "the scheduler reserves nothing for it")
		reportUnset(p, "limits", "ephemeral-storage", "it may fill the node's disk")
	},
}
