package rbac

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MastersGroupBound reports new members of system:masters.
var MastersGroupBound = &rule.Rule{
	Meta: rule.Meta{
		ID: "masters-group-bound", Severity: result.High, Since: "0.1",
		Title: "Membership in system:masters",
		Why: `The API server asks nobody about system:masters: its members may do
everything, no role or webhook limits them, and a certificate that names the
group cannot be revoked before it ends.`,
		Fix: "bind cluster-admin to a group of people by name, and keep system:masters for emergencies",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
			"https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: rule.Or(bindings, rule.Kinds("certificates.k8s.io", "CertificateSigningRequest")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if o.Key.Kind == "CertificateSigningRequest" {
			if at := o.At("spec", "request"); asksForMasters(at.Str()) {
				p.Report(at, "%s asks for membership in system:masters: no role limits its holder, and nothing revokes it", o)
			}
			return
		}
		if builtinBinding(o) {
			return
		}
		for s := range o.Subjects() {
			if s.Kind == "Group" && s.Name == "system:masters" {
				p.Report(s.At("name"), "%s names group \"system:masters\": its members may do everything, and no role limits them", o)
			}
		}
	},
}

// asksForMasters reads the request of a CertificateSigningRequest: PEM in
// base64. The group is an organization of the subject.
func asksForMasters(request string) bool {
	text, err := base64.StdEncoding.DecodeString(request)
	if err != nil {
		return false
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return false
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	return err == nil && slices.Contains(csr.Subject.Organization, "system:masters")
}
