package rbac

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PodExecAllowed reports roles that may run commands in containers.
var PodExecAllowed = &rule.Rule{
	Meta: rule.Meta{
		ID: "pod-exec-allowed", Severity: result.High, Since: "0.1",
		Title: "Role may run commands in containers",
		Why: `A command in a container has everything that the container has: its mounted
Secrets, its token, its network. It leaves no trace in the manifests. With a
websocket, get is enough.`,
		Fix: "remove pods/exec; debug with a role that is bound for the time it takes",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
			"https://kubernetes.io/docs/reference/access-authn-authz/authorization/#authorization-verbs",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, connectVerbs, execs...) {
			g.report(p, result.High, "it may run commands with the Secrets and the token of every pod there")
		}
	},
}
