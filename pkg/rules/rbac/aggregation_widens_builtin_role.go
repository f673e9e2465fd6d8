package rbac

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// AggregationWidensBuiltinRole reports aggregated cluster roles that give view, edit or admin more than they had.
var AggregationWidensBuiltinRole = &rule.Rule{
	Meta: rule.Meta{
		ID: "aggregation-widens-builtin-role", Severity: result.High, Since: "0.1",
		Title: "Aggregated role widens a built-in role",
		Why: `A ClusterRole with the label aggregate-to-view, -edit or -admin adds its rules
to that role in the whole cluster. Everybody who is bound to it, by whomever,
silently gains them: those who may look may then read Secrets, or run commands in
pods. The label is meant for the resources that an extension brings itself.`,
		Fix: "leave out the label, or keep to the resources that the application brings itself",
		Refs: []string{
			"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles",
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, o := range p.Index.Kind(manifest.RBACGroup, "ClusterRole") {
			reportWidening(p, o)
		}
	},
}

func reportWidening(p *rule.Pass, o *manifest.Object) {
	into := ""
	for _, name := range [...]string{"view", "edit", "admin"} { // each is within the next
		if o.Labels().At("rbac.authorization.k8s.io/aggregate-to-"+name).Str() == "true" {
			into = name
			break
		}
	}
	if into == "" {
		return
	}
	own := p.RBAC().BuiltinRules(into)
	for r := range o.RoleRules() {
		if added := adds(r, own); len(added) > 0 {
			p.Add(rule.Problem{
				At:       r.At("resources"),
				Message:  fmt.Sprintf("%s adds %q to the built-in role %q%s: whoever is bound to it may, too", o, strings.Join(added, ", "), into, users(p, into)),
				Evidence: evidence(r),
			})
		}
	}
}
