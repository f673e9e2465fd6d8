package secretref

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SecretReferenceMissing reports references to Secrets that nothing makes.
var SecretReferenceMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "secret-reference-missing", Severity: result.Medium, Since: "0.1",
		Title: "Secret does not exist",
		Why: `A container that takes a value from a Secret which is not there does not start;
a route without its certificate answers with the controller's own. Nothing in
this target makes the Secret, no external store does, and the configuration
does not say that it exists.`,
		Fix: "mend the name or key, add what makes the Secret, set optional: true, or list it in the rule's existing parameter",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/secret/#restriction-secret-must-exist",
		},
	},
	Params: func() any { return &ExistingParams{Existing: []string{}} },
	Universe: func(p *rule.Pass) {
		for _, o := range p.Index.Objects {
			if pod, ok := o.Pod(); ok {
				for r := range references(pod, true) {
					checkReference(p, o, "Secret", r, p.Index.HasSecret, "its containers do not start")
				}
			}
			for r := range certificates(o) {
				if p.Index.Owns(p.Index.Namespace(o)) {
					checkReference(p, o, "Secret", r, p.Index.HasSecret, "its hosts have no certificate")
				}
			}
		}
	},
}

// certificates yields the Secrets that an Ingress or Gateway serves TLS with,
// but for those that an annotation asks cert-manager to make. Istio looks its
// gateways' up where their pods run, which another target decides.
func certificates(o *manifest.Object) func(func(ref) bool) {
	return func(yield func(ref) bool) {
		for name := range o.Annotations().Entries() {
			if strings.HasPrefix(name, "cert-manager.io/") || strings.HasPrefix(name, "certmanager.k8s.io/") || name == "kubernetes.io/tls-acme" {
				return
			}
		}
		switch {
		case o.Is("networking.k8s.io", "Ingress"):
			for t := range o.At("spec", "tls").Items() {
				if at := t.At("secretName"); at.Str() != "" && !yield(ref{Name: at}) {
					return
				}
			}
		case o.Is("gateway.networking.k8s.io", "Gateway"):
			for l := range o.At("spec", "listeners").Items() {
				for c := range l.At("tls", "certificateRefs").Items() {
					if kind := c.At("kind").Str(); (kind == "" || kind == "Secret") && !c.At("namespace").Exists() && !yield(ref{Name: c.At("name")}) {
						return
					}
				}
			}
		}
	}
}
