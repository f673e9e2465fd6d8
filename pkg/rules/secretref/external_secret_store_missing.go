package secretref

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ExternalSecretStoreMissing reports external Secrets whose store is not there
// for them.
var ExternalSecretStoreMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "external-secret-store-missing", Severity: result.Medium, Since: "0.1",
		Title: "Secret store does not exist",
		Why: `The controller cannot fetch the value: the Secret never appears, or keeps its
old value when the one in the store is rotated.`,
		Fix: "mend the name, add the store to the namespace, or list it in the rule's existing parameter",
		Refs: []string{
			"https://external-secrets.io/latest/api/externalsecret/",
			"https://external-secrets.io/latest/api/clustersecretstore/",
			"https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference",
		},
	},
	Params: func() any { return &ExistingParams{Existing: []string{}} },
	Universe: func(p *rule.Pass) {
		for _, o := range p.Index.Objects {
			switch {
			case o.Is(esoGroup, "ExternalSecret"):
				checkStore(p, o, o.At("spec", "secretStoreRef"))
				for _, list := range [...]string{"data", "dataFrom"} {
					for d := range o.At("spec", list).Items() {
						checkStore(p, o, d.At("sourceRef", "storeRef"))
					}
				}
			case o.Is(esoGroup, "PushSecret"):
				for r := range o.At("spec", "secretStoreRefs").Items() {
					checkStore(p, o, r)
				}
			case o.Is("secrets.hashicorp.com", "VaultStaticSecret", "VaultDynamicSecret", "VaultPKISecret"):
				if at := o.At("spec", "vaultAuthRef"); at.Str() != "" {
					namespace, name, ok := strings.Cut(at.Str(), "/")
					if !ok {
						namespace, name = p.Index.Namespace(o), at.Str()
					}
					checkNamed(p, o, at, "secrets.hashicorp.com", "VaultAuth", namespace, name)
				}
			}
			if pod, ok := o.Pod(); ok {
				for v := range pod.Spec.At("volumes").Items() {
					if at := v.At("csi", "volumeAttributes", "secretProviderClass"); at.Str() != "" && v.At("csi", "driver").Str() == "secrets-store.csi.k8s.io" {
						checkNamed(p, o, at, "secrets-store.csi.x-k8s.io", "SecretProviderClass", p.Index.Namespace(o), at.Str())
					}
				}
			}
		}
	},
}

const esoGroup = "external-secrets.io"

// checkNamed looks for a store that must be in one namespace.
func checkNamed(p *rule.Pass, o *manifest.Object, at manifest.Place, group, kind, namespace, name string) {
	if p.Index.Get(group, kind, namespace, name) == nil && p.Index.Owns(namespace) && !p.Params.(*ExistingParams).has(namespace, name) {
		p.Add(rule.Problem{
			At: at, Missing: result.Key{APIVersion: "external-secrets.io/v1", Kind: kind, Namespace: namespace, Name: name},
			Message: fmt.Sprintf("%s uses %s %q, which is not in namespace %q: its Secret never appears", o, kind, name, namespace),
		})
	}
}

func checkStore(p *rule.Pass, o *manifest.Object, ref manifest.Place) {
	at, namespace := ref.At("name"), p.Index.Namespace(o)
	switch {
	case at.Str() == "" || p.Params.(*ExistingParams).has(namespace, at.Str()):
	case ref.At("kind").Str() != "ClusterSecretStore":
		checkNamed(p, o, at, esoGroup, "SecretStore", namespace, at.Str())
	default:
		stores := p.Index.Kind(esoGroup, "ClusterSecretStore")
		i := slices.IndexFunc(stores, func(s *manifest.Object) bool { return s.Key.Name == at.Str() })
		switch {
		// A store of the cluster is mostly another target's, unless this one
		// renders the stores.
		case i < 0 && len(stores) > 0:
			p.Add(rule.Problem{
				At: at, Missing: result.Key{APIVersion: "external-secrets.io/v1", Kind: "ClusterSecretStore", Namespace: "", Name: at.Str()},
				Message: fmt.Sprintf("%s uses ClusterSecretStore %q, which is not among those here: its Secret never appears", o, at.Str()),
			})
		case i >= 0 && !servesNamespace(p.Index, stores[i], namespace):
			p.Report(at, "%s uses ClusterSecretStore %q, whose conditions leave namespace %q out: its Secret never appears", o, at.Str(), namespace)
		}
	}
}

// servesNamespace reports whether a condition of the store lets the namespace
// read through it; a store without conditions serves all.
func servesNamespace(x *index.Index, store *manifest.Object, namespace string) bool {
	for c := range store.At("spec", "conditions").Items() {
		if slices.Contains(c.At("namespaces").Strings(), namespace) ||
			c.At("namespaceSelector").Exists() && x.MatchesNamespace(c.At("namespaceSelector"), namespace) {
			return true
		}
		for _, text := range c.At("namespaceRegexes").Strings() {
			if re, err := regexp.Compile(text); err != nil || re.MatchString(namespace) {
				return true
			}
		}
	}
	return store.At("spec", "conditions").Len() == 0
}
