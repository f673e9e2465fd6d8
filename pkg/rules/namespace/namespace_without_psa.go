package namespace

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PSAParams are the parameters of namespace-without-psa.
type PSAParams struct {
	// PolicyEngine says that another admission controller sets the default.
	PolicyEngine bool `yaml:"policyEngine"`
}

// NamespaceWithoutPsa reports namespaces without a Pod Security level.
var NamespaceWithoutPsa = &rule.Rule{
	Meta: rule.Meta{
		ID: "namespace-without-psa", Severity: result.Medium, Since: "0.1",
		Title: "Namespace enforces no Pod Security level",
		Why: `Without the label the admission of the namespace refuses nothing: whoever may
make a pod there may make a privileged one, with the node's files and network.`,
		Fix:  "label the Namespace pod-security.kubernetes.io/enforce: restricted, or baseline",
		Want: "baseline",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-admission/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: namespaces,
	Object: func(p *rule.Pass, o *manifest.Object) {
		// Where warn or audit is set, psa-warn-only speaks.
		if level(o, "enforce").Exists() || level(o, "warn").Exists() || level(o, "audit").Exists() {
			return
		}
		if p.Params.(*PSAParams).PolicyEngine || slices.ContainsFunc(p.Index.Objects, setsDefault) {
			return
		}
		p.Add(rule.Problem{
			At: o.At("metadata", "labels"), WantAt: level(o, "enforce"),
			Message: fmt.Sprintf("%s enforces no Pod Security level: privileged pods are admitted", o),
		})
	},
	Params: func() any { return &PSAParams{} },
}

// setsDefault reports whether an object is a configuration of the API server
// that gives every namespace a level.
func setsDefault(o *manifest.Object) bool {
	enforces := func(config manifest.Place) bool {
		switch config.At("defaults", "enforce").Str() {
		case "baseline", "restricted":
			return true
		}
		return false
	}
	if o.Is("pod-security.admission.config.k8s.io", "PodSecurityConfiguration") {
		return enforces(o.Root())
	}
	if o.Is("apiserver.config.k8s.io", "AdmissionConfiguration") {
		for plugin := range o.At("plugins").Items() {
			if plugin.At("name").Str() == "PodSecurity" && enforces(plugin.At("configuration")) {
				return true
			}
		}
	}
	return false
}
