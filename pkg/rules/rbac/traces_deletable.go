package rbac

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// TracesDeletable reports roles that may delete events or logs.
var TracesDeletable = &rule.Rule{
	Meta: rule.Meta{
		ID: "traces-deletable", Severity: result.Low, Since: "0.1",
		Title: "Role may delete events or logs",
		Why: `Events and logs tell what happened. Whoever may delete them takes the traces
of an attack along.`,
		Fix: "remove delete and deletecollection on events and pods/log",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/",
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, deleteVerbs, traces...) {
			g.report(p, result.Low, "it may remove the traces of what it did")
		}
	},
}
