package rbac

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ClusterInformationReadable reports roles that see nearly everything.
var ClusterInformationReadable = &rule.Rule{
	Meta: rule.Meta{
		ID: "cluster-information-readable", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Role may look at most of what runs",
		Why: `Logs, settings and the list of everything that runs tell an attacker where to
go next. Read-only roles are common and often wanted; this rule lists them for
whoever minds.`,
		Fix: "list the resources that the subject looks at",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		reads := func(group, resource string) bool {
			for r := range o.RoleRules() {
				if len(r.Names) == 0 && !r.AllPermissions() && (r.Allows("get", group, resource) || r.Allows("list", group, resource)) {
					return true
				}
			}
			return false
		}
		seen, all := 0, 0
		for _, kinds := range looked {
			for _, name := range kinds.names {
				if all++; reads(kinds.group, name) {
					seen++
				}
			}
		}
		if reads("", "pods/log") && reads("", "configmaps") && 2*seen > all {
			p.Report(o.At("rules"), "%s may read logs, settings and most other objects %s", o, scope(o))
		}
	},
}

// looked are the kinds that tell what runs.
var looked = slices.Concat(workloads,
	core("services", "endpoints", "events", "namespaces", "nodes", "serviceaccounts", "persistentvolumeclaims"),
	in("networking.k8s.io", "ingresses", "networkpolicies"))
