package image

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ImageSignatureNotEnforced reports policy engines that verify no image's
// signature.
var ImageSignatureNotEnforced = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-signature-not-enforced", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Policy engine verifies no image signatures",
		Why: `The engine that could refuse unsigned images is there, and lets them pass:
none of its policies verifies signatures, or those that do only warn.`,
		Fix: "add a policy that verifies your images' signatures, and let it enforce",
		Refs: []string{
			"https://kyverno.io/docs/policy-types/cluster-policy/verify-images/",
			"https://docs.sigstore.dev/policy-controller/overview/",
			"https://kubernetes.io/docs/tasks/administer-cluster/verify-signed-artifacts/",
		},
	},
	Universe: func(p *rule.Pass) {
		var engine manifest.Place
		name := ""
		for _, o := range p.Index.Objects {
			if enforcesSignatures(o) {
				return
			}
			for img := range o.Images() {
				if ref, ok := img.Reference(); ok && name == "" && named(ref, signatureEngines) {
					engine, name = img.Place, ref.Base()
				}
			}
		}
		if name != "" {
			p.Report(engine, "%s runs policy engine %q and no policy verifies signatures in enforce mode: unsigned images start", engine.Object(), name)
		}
	},
}

// signatureEngines are the images of engines that can verify signatures.
// Connaisseur is none of them: it has no other purpose, and verifies unless its
// own configuration says otherwise.
var signatureEngines = []string{"kyverno/kyverno", "policy-controller/policy-controller", "ratify-project/ratify", "deislabs/ratify"}

// enforcesSignatures reports whether the object is a policy that refuses images
// whose signature it cannot verify.
func enforcesSignatures(o *manifest.Object) bool {
	switch {
	case o.Is("kyverno.io", "ClusterPolicy", "Policy"):
		return kyvernoEnforces(o)
	case o.Is("policies.kyverno.io", "ImageValidatingPolicy", "NamespacedImageValidatingPolicy"):
		actions := o.At("spec", "validationActions").Strings()
		return len(actions) == 0 || slices.Contains(actions, "Deny")
	case o.Is("policy.sigstore.dev", "ClusterImagePolicy"):
		return o.At("spec", "mode").Str() != "warn" && o.At("spec", "authorities").Len() > 0
	case o.Is("config.openshift.io", "ClusterImagePolicy", "ImagePolicy"):
		return true
	case o.Key.Group() == "constraints.gatekeeper.sh" && strings.HasPrefix(o.Key.Kind, "RatifyVerification"):
		action := o.At("spec", "enforcementAction").Str()
		return action == "" || action == "deny"
	}
	return false
}

func kyvernoEnforces(o *manifest.Object) bool {
	for r := range o.At("spec", "rules").Items() {
		for v := range r.At("verifyImages").Items() {
			action := v.At("failureAction").Str()
			if action == "" {
				action = o.At("spec", "validationFailureAction").Str()
			}
			if strings.EqualFold(action, "Enforce") {
				return true
			}
		}
	}
	return false
}
