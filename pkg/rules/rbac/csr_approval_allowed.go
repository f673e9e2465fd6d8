package rbac

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// CsrApprovalAllowed reports roles that may have certificates signed.
var CsrApprovalAllowed = &rule.Rule{
	Meta: rule.Meta{
		ID: "csr-approval-allowed", Severity: result.High, Since: "0.1",
		Title: "Role may approve client certificates",
		Why: `A signed certificate is an identity: whoever approves requests for the signers
of the API server becomes any user of any group but system:masters, for as
long as the certificate lasts. Nothing revokes it.`,
		Fix: "limit approve and sign to own signers by resourceNames",
		Refs: []string{
			"https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization",
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#csrs-and-certificate-issuing",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		const consequence = "a certificate that it has signed is any user, and cannot be revoked"
		harmless := false
		for g := range grants(o, []string{"approve", "sign"}, signers...) {
			if harmless = ownSigners(g.RoleRule.Names); !harmless {
				g.reportCluster(p, result.High, consequence)
			}
		}
		// An approval needs the right on the signer, too.
		for g := range grants(o, changeVerbs, approvals...) {
			if !harmless {
				g.reportCluster(p, result.High, consequence)
			}
		}
	},
}

// ownSigners reports whether signers are named and none is Kubernetes' own.
func ownSigners(names []string) bool {
	return len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool {
		return n == "*" || strings.HasPrefix(n, "kubernetes.io/")
	})
}
