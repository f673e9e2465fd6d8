package rbac

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WildcardResources reports roles on all resources of an API group.
var WildcardResources = &rule.Rule{
	Meta: rule.Meta{
		ID: "wildcard-resources", Severity: result.High, Since: "0.1",
		Title: "Role covers all resources of an API group",
		Why: `"*" covers kinds and subresources that nobody listed, Secrets and pods/exec
among them in the core group, and those that the next release or the next
operator brings.`,
		Fix: "list the resources that are needed",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for r := range o.RoleRules() {
			if r.AllPermissions() || len(r.Verbs) == 0 || len(r.Groups) == 0 {
				continue
			}
			for it := range r.At("resources").Items() {
				sub, isSub := strings.CutPrefix(it.Str(), "*/")
				if it.Str() != "*" && !isSub {
					continue
				}
				pr := rule.Problem{At: it, Evidence: evidence(r)}
				if !writes(r) {
					pr.Severity = new(result.Medium)
				}
				verbs := strings.Join(r.Verbs, ", ")
				if slices.Contains(r.Verbs, "*") {
					verbs = "do anything to"
				}
				what := "every resource"
				if isSub {
					what = fmt.Sprintf("the subresource %q of every resource", sub)
				}
				pr.Message = fmt.Sprintf("%s may %s %s of API group %q %s: kinds that nobody listed are included",
					o, verbs, what, strings.Join(r.Groups, ", "), scope(o))
				p.Add(pr)
			}
		}
	},
}
