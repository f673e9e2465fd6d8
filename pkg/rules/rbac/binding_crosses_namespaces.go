package rbac

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// BindingCrossesNamespaces reports rights of another namespace's account.
var BindingCrossesNamespaces = &rule.Rule{
	Meta: rule.Meta{
		ID: "binding-crosses-namespaces", Severity: result.Low, Since: "0.1",
		Title: "Binding gives rights to an account of another namespace",
		Why: `The namespace is then only as safe as the other one: whoever may make pods
there, or read its tokens, has these rights here.`,
		Fix: "run the workload in this namespace, or declare the pair in the parameters",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
			"https://kubernetes.io/docs/concepts/security/multi-tenancy/",
		},
	},
	On: rule.Kinds(manifest.RBACGroup, "RoleBinding"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		ref := o.At("roleRef", "name").Str()
		namespace := p.Index.Namespace(o)
		if o.Key.Namespace == "" && namespace == "default" || ref == authReader {
			return // nobody knows where it goes, or extension servers need it
		}
		for s := range o.Subjects() {
			other, account, ok := s.ServiceAccount()
			if !ok || other == "" || other == namespace || p.Params.(*CrossingParams).declared(other, namespace) {
				continue
			}
			p.Add(rule.Problem{
				At: s.Place, Evidence: other + "/" + account,
				Message: fmt.Sprintf("%s gives %s to %s: who controls namespace %q has rights in %q", o, bound(o), s, other, namespace),
			})
		}
	},
	Params: func() any { return &CrossingParams{Allowed: []NamespacePair{}} },
}

// CrossingParams are the parameters of binding-crosses-namespaces.
type CrossingParams struct {
	// Allowed are the pairs of namespaces that are meant.
	Allowed []NamespacePair `yaml:"allowed"`
}

// NamespacePair lets accounts of one namespace have rights in another; "*" is
// any namespace.
type NamespacePair struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

func (c *CrossingParams) declared(from, to string) bool {
	return slices.ContainsFunc(c.Allowed, func(pair NamespacePair) bool {
		return (pair.From == "*" || pair.From == from) && (pair.To == "*" || pair.To == to)
	})
}
