package rbac

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/analysis/rbac"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ExistingParams are the parameters of rules on what is not rendered.
type ExistingParams struct {
	// Existing are names, or namespace/name, of what exists though no target
	// holds it.
	Existing []string `yaml:"existing"`
}

func (e *ExistingParams) has(namespace, name string) bool {
	return slices.Contains(e.Existing, name) || slices.Contains(e.Existing, namespace+"/"+name)
}

// BindingTargetMissing reports bindings of roles or accounts that are not
// there.
var BindingTargetMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "binding-target-missing", Severity: result.Medium, Since: "0.1",
		Title: "Binding's role or account does not exist",
		Why: `The binding gives nothing today. Whoever may create a role or an account of that
name later takes the rights without having them: the binding was made for
another one.`,
		Fix: "mend the name, remove the binding, or list the name in the rule's existing parameter",
		Refs: []string{
			"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding",
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
		},
	},
	Params: func() any { return &ExistingParams{Existing: []string{}} },
	Universe: func(p *rule.Pass) {
		existing := p.Params.(*ExistingParams)
		for _, kind := range [...]string{"RoleBinding", "ClusterRoleBinding"} {
			for _, b := range p.Index.Kind(manifest.RBACGroup, kind) {
				checkRoleRef(p, b, existing)
				for s := range b.Subjects() {
					if s.Kind != "ServiceAccount" {
						continue
					}
					namespace := s.Namespace
					if namespace == "" {
						namespace = p.Index.Namespace(b)
					}
					if s.Name == "default" || !p.Index.Owns(namespace) || existing.has(namespace, s.Name) || p.Index.OperatorNames(namespace, s.Name) ||
						p.Index.Get("", "ServiceAccount", namespace, s.Name) != nil {
						continue
					}
					p.Add(rule.Problem{
						At: s.Place, Evidence: namespace + "/" + s.Name,
						Missing: result.Key{APIVersion: "v1", Kind: "ServiceAccount", Namespace: namespace, Name: s.Name},
						Message: fmt.Sprintf("%s gives %s to service account %q, which is not in namespace %q: whoever makes one of the name takes the rights", b, bound(b), s.Name, namespace),
					})
				}
			}
		}
	},
}

func checkRoleRef(p *rule.Pass, b *manifest.Object, existing *ExistingParams) {
	ref := b.At("roleRef")
	at, name, namespace := ref.At("name"), ref.At("name").Str(), p.Index.Namespace(b)
	if name == "" || existing.has(namespace, name) {
		return
	}
	switch ref.At("kind").Str() {
	case "Role":
		if p.Index.Get(manifest.RBACGroup, "Role", namespace, name) != nil || rbac.BuiltinRole(namespace, name) || !p.Index.Owns(namespace) && len(p.Index.Kind(manifest.RBACGroup, "Role")) == 0 {
			return
		}
	case "ClusterRole":
		if rbac.Builtin(name) || slices.ContainsFunc(p.Index.Kind(manifest.RBACGroup, "ClusterRole"), func(o *manifest.Object) bool { return o.Key.Name == name }) {
			return
		}
	default:
		return
	}
	p.Add(rule.Problem{
		At: at, Missing: result.Key{APIVersion: manifest.RBACGroup + "/v1", Kind: ref.At("kind").Str(), Namespace: namespace, Name: name},
		Message: fmt.Sprintf("%s gives %s, which is neither here nor built in: it gives nothing, or what a stranger puts there", b, bound(b)),
	})
}
