package rbac

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// AnonymousSubjectBound reports rights of clients that did not log in.
var AnonymousSubjectBound = &rule.Rule{
	Meta: rule.Meta{
		ID: "anonymous-subject-bound", Severity: result.Critical, Since: "0.1",
		Title: "Binding gives rights to anonymous clients",
		Why: `Whoever reaches the API server has these rights, without a password, token or
certificate. On a public endpoint that is the internet.`,
		Fix: "bind the role to users or service accounts that log in",
		Refs: []string{
			"https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests",
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: bindings,
	Object: func(p *rule.Pass, o *manifest.Object) {
		if o.Key.Name == "system:public-info-viewer" && o.At("roleRef", "name").Str() == o.Key.Name {
			return // Kubernetes' own
		}
		for s := range o.Subjects() {
			if s.Kind == "User" && s.Name == "system:anonymous" || s.Kind == "Group" && s.Name == "system:unauthenticated" {
				p.Add(rule.Problem{
					At: s.At("name"), Evidence: s.String(),
					Message: fmt.Sprintf("%s gives %s to %s: whoever reaches the API server has it", o, bound(o), s),
				})
			}
		}
	},
}
