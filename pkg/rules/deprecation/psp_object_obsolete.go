package deprecation

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PspObjectObsolete reports PodSecurityPolicies, and roles that let somebody
// use one.
var PspObjectObsolete = &rule.Rule{
	Meta: rule.Meta{
		ID: "psp-object-obsolete", Severity: result.Medium, Since: "0.1",
		Title: "PodSecurityPolicy protects nothing",
		Why: `Kubernetes 1.25 removed the kind and its admission plugin. What the policy
forbids is allowed, unless Pod Security labels or another policy engine forbid
it.`,
		Fix: "remove the policy and its roles, and label namespaces with pod-security.kubernetes.io/enforce",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/migrate-from-psp/",
			"https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
		},
	},
	On: rule.Or(rule.Kinds("policy", "PodSecurityPolicy"), rule.Kinds(manifest.RBACGroup, "Role", "ClusterRole")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if o.Is("policy", "PodSecurityPolicy") {
			p.Report(o.At("kind"), "%s is of a kind that is gone since 1.25: it protects nothing", o)
			return
		}
		for r := range o.RoleRules() {
			if slices.Contains(r.Resources, "podsecuritypolicies") && r.AllowsVerb("use") {
				p.Report(r.At("resources"), "%s allows the use of a PodSecurityPolicy, a kind that is gone since 1.25: it protects nothing", o)
			}
		}
	},
}
