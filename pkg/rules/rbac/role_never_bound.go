package rbac

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/rbac"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// RoleNeverBound reports roles and accounts that nothing uses.
var RoleNeverBound = &rule.Rule{
	Meta: rule.Meta{
		ID: "role-never-bound", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Role or account is never used",
		Why: `Rights that lie about are found and bound by mistake, and nobody remembers what
they were for. A role for people may be bound elsewhere, hence off.`,
		Fix: "remove it, or bind it here",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
		},
	},
	Universe: func(p *rule.Pass) {
		bound, subjects := map[string]bool{}, map[string]bool{}
		for _, kind := range [...]string{"RoleBinding", "ClusterRoleBinding"} {
			for _, b := range p.Index.Kind(manifest.RBACGroup, kind) {
				key := b.At("roleRef", "kind").Str() + "/" + b.At("roleRef", "name").Str()
				if b.At("roleRef", "kind").Str() == "Role" {
					key += "/" + p.Index.Namespace(b)
				}
				bound[key] = true
			}
		}
		for _, pod := range p.Index.Pods() {
			namespace, name := p.Index.AccountOf(pod)
			subjects[namespace+"/"+name] = true
		}
		for _, o := range p.Index.Objects {
			switch {
			case o.Is(manifest.RBACGroup, "ClusterRole"):
				if !bound["ClusterRole/"+o.Key.Name] && !aggregated(o) && !rbac.Builtin(o.Key.Name) {
					p.Report(o.At("metadata", "name"), "%s is bound by nothing here: its rights lie about", o)
				}
			case o.Is(manifest.RBACGroup, "Role"):
				if !bound["Role/"+o.Key.Name+"/"+p.Index.Namespace(o)] {
					p.Report(o.At("metadata", "name"), "%s is bound by nothing here: its rights lie about", o)
				}
			case o.Is("", "ServiceAccount"):
				namespace := p.Index.Namespace(o)
				if o.Key.Name != "default" && !subjects[namespace+"/"+o.Key.Name] && len(p.Index.BindingsOf(namespace, o.Key.Name)) == 0 {
					p.Report(o.At("metadata", "name"), "%s runs no workload here and has no rights: nothing uses it", o)
				}
			}
		}
	},
}

// aggregated reports whether the role has a label by which others take it in,
// or takes others in itself.
func aggregated(o *manifest.Object) bool {
	var labels []string
	for k := range o.Labels().Entries() {
		labels = append(labels, k)
	}
	return o.At("aggregationRule").Exists() || slices.ContainsFunc(labels, func(k string) bool { return strings.Contains(k, "/aggregate-") })
}
