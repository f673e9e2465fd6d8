package rbac

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// DefaultServiceAccountBound reports rights of every pod that names no account.
var DefaultServiceAccountBound = &rule.Rule{
	Meta: rule.Meta{
		ID: "default-service-account-bound", Severity: result.High, Since: "0.1",
		Title: "Binding gives rights to the default service account",
		Why: `Every pod that names no account runs as default, and every account is in the
group system:serviceaccounts: such a binding arms workloads that never asked,
and those to come.`,
		Fix: "make a service account for the workload, and bind that",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts",
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: bindings,
	Object: func(p *rule.Pass, o *manifest.Object) {
		if public(o) {
			return
		}
		severity := result.High
		if onlyReads(boundRules(p, o)) {
			severity = result.Medium
		}
		for s := range o.Subjects() {
			_, account, isAccount := s.ServiceAccount()
			who := "every pod without an account of its own"
			switch {
			case isAccount && account == "default":
			case s.Kind == "Group" && (s.Name == "system:serviceaccounts" || strings.HasPrefix(s.Name, "system:serviceaccounts:")):
				who = "every pod that has a token"
			default:
				continue
			}
			p.Add(rule.Problem{
				At: s.At("name"), Evidence: s.String(), Severity: &severity,
				Message: fmt.Sprintf("%s gives %s to %s: %s gets it", o, bound(o), s, who),
			})
		}
	},
}
