package rbac

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ClusterAdminBinding reports bindings to the cluster-admin role.
var ClusterAdminBinding = &rule.Rule{
	Meta: rule.Meta{
		ID: "cluster-admin-binding", Severity: result.High, Since: "0.1",
		Title: "Binding gives cluster-admin",
		Why: `cluster-admin may do everything: read every Secret, run anything on every
node, change every right. Whoever takes over one holder of the binding, or its
token, has the cluster; in a RoleBinding, the whole namespace. Almost nothing
needs that much, and nothing can be narrowed once it relies on it.`,
		Fix: "bind a role that lists the resources and verbs the subject needs",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
			"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: bindings,
	Object: func(p *rule.Pass, o *manifest.Object) {
		ref := o.At("roleRef")
		if ref.At("kind").Str() != "ClusterRole" || ref.At("name").Str() != "cluster-admin" || builtinBinding(o) {
			return
		}
		names := make([]string, 0, 2)
		for s := range o.Subjects() {
			names = append(names, s.String())
		}
		if len(names) == 0 {
			return
		}
		pr := rule.Problem{At: ref.At("name")}
		if o.Is(manifest.RBACGroup, "RoleBinding") {
			pr.Severity = new(result.Medium)
			pr.Message = fmt.Sprintf("%s binds cluster-admin: full control of its namespace for %s", o, strings.Join(names, ", "))
		} else {
			pr.Message = fmt.Sprintf("%s binds cluster-admin: full control of the cluster for %s", o, strings.Join(names, ", "))
		}
		p.Add(pr)
	},
}

// builtinBinding knows Kubernetes' own cluster-admin binding.
func builtinBinding(o *manifest.Object) bool {
	if o.Key.Kind != "ClusterRoleBinding" || o.Key.Name != "cluster-admin" {
		return false
	}
	for s := range o.Subjects() {
		if s.Kind != "Group" || s.Name != "system:masters" {
			return false
		}
	}
	return true
}
