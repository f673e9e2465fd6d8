package rbac

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PodAttachAllowed reports roles that may attach to containers or add debugging
// ones.
var PodAttachAllowed = &rule.Rule{
	Meta: rule.Meta{
		ID: "pod-attach-allowed", Severity: result.Medium, Since: "0.1",
		Title: "Role may attach to containers",
		Why: `Attaching reads and writes the streams of a running process; an ephemeral
container joins the pod with an image and a command of choice, beside its
Secrets and its token.`,
		Fix: "remove pods/attach and pods/ephemeralcontainers; debug with a role that is bound for the time it takes",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
			"https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		seen := map[string]bool{}
		for g := range grants(o, connectVerbs, attaches...) {
			seen[g.At.Path()] = true
			g.report(p, result.Medium, "it may read and write the streams of every process there")
		}
		for g := range grants(o, changeVerbs, ephemerals...) {
			if !seen[g.At.Path()] { // pods/* is both
				g.report(p, result.Medium, "it may add a container of its own to every pod there")
			}
		}
	},
}
