package rbac

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// AuthenticatedGroupBound reports rights of everyone who can log in.
var AuthenticatedGroupBound = &rule.Rule{
	Meta: rule.Meta{
		ID: "authenticated-group-bound", Severity: result.High, Since: "0.1",
		Title: "Binding gives rights to everyone who can log in",
		Why: `system:authenticated is every user and every service account, whatever they
were made for. On GKE it is everyone with a Google account.`,
		Fix: "bind the role to a group of the people who need it",
		Refs: []string{
			"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings",
			"https://cloud.google.com/kubernetes-engine/docs/best-practices/rbac#default-roles-groups",
		},
	},
	On: bindings,
	Object: func(p *rule.Pass, o *manifest.Object) {
		if public(o) {
			return
		}
		severity, who := result.High, "every user and every pod with a token has it"
		if slices.ContainsFunc(p.Index.Objects, isGKE) {
			severity, who = result.Critical, "on GKE, everyone with a Google account has it"
		}
		for s := range o.Subjects() {
			if s.Kind == "Group" && s.Name == "system:authenticated" {
				p.Add(rule.Problem{
					At: s.At("name"), Severity: &severity,
					Message: fmt.Sprintf("%s gives %s to %s: %s", o, bound(o), s, who),
				})
			}
		}
	},
}

// isGKE reports whether an object is for Google's clusters only.
func isGKE(o *manifest.Object) bool {
	group := o.Key.Group()
	return group == "cloud.google.com" || strings.HasSuffix(group, ".gke.io") ||
		o.Is("", "ServiceAccount") && o.Annotations().At("iam.gke.io/gcp-service-account").Exists()
}
