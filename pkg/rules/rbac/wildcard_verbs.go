package rbac

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WildcardVerbs reports roles that allow every verb on a resource.
var WildcardVerbs = &rule.Rule{
	Meta: rule.Meta{
		ID: "wildcard-verbs", Severity: result.Medium, Since: "0.1",
		Title: "Role allows every verb",
		Why: `"*" also grants escalate, bind, impersonate, approve and sign, which no list
of get to delete holds, and every verb to come.`,
		Fix: "list the verbs that are needed",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for r := range o.RoleRules() {
			named := slices.DeleteFunc(slices.Clone(r.Resources), func(s string) bool { return s == "*" || strings.HasPrefix(s, "*/") })
			if !slices.Contains(r.Verbs, "*") || len(named) == 0 || len(r.Groups) == 0 {
				continue
			}
			pr := rule.Problem{At: r.At("verbs"), Evidence: strings.Join(slices.Concat(r.Groups, r.Resources, r.Names), ",")}
			if slices.ContainsFunc(named, func(s string) bool { return covered(r, s, guarded) }) {
				pr.Severity = new(result.High)
			}
			group := ""
			if slices.Contains(r.Groups, "*") {
				group = " of any API group"
			}
			pr.Message = fmt.Sprintf("%s allows every verb on %s%s %s: escalate, bind and impersonate are verbs, too", o, strings.Join(named, ", "), group, scope(o))
			p.Add(pr)
		}
	},
}
