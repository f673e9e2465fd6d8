package rbac

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// BindingsParams are the parameters of too-many-bindings-per-subject.
type BindingsParams struct {
	// Bindings that one subject may have at most.
	Bindings int `yaml:"bindings"`
	// Subjects that may have rights in one namespace at most.
	Subjects int `yaml:"subjects"`
}

// TooManyBindingsPerSubject reports rights that nobody can overlook any more.
var TooManyBindingsPerSubject = &rule.Rule{
	Meta: rule.Meta{
		ID: "too-many-bindings-per-subject", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Subject has many bindings",
		Why: `What somebody may do is the sum of all bindings. From some number on nobody
reads the sum, and what is too much stays.`,
		Fix: "put the rights into one role for the task, and remove the bindings that it replaces",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
		},
	},
	Params: func() any { return &BindingsParams{Bindings: 5, Subjects: 20} },
	Universe: func(p *rule.Pass) {
		params := p.Params.(*BindingsParams)
		bindings := map[string]int{}
		subjects := map[string]map[string]bool{}
		for _, kind := range [...]string{"ClusterRoleBinding", "RoleBinding"} {
			for _, b := range p.Index.Kind(manifest.RBACGroup, kind) {
				namespace := p.Index.Namespace(b)
				own := map[string]bool{}
				for s := range b.Subjects() {
					id := s.Kind + "/" + s.Namespace + "/" + s.Name
					if own[id] {
						continue
					}
					own[id] = true
					if bindings[id]++; bindings[id] == params.Bindings+1 {
						p.Add(rule.Problem{At: s.Place, Evidence: id,
							Message: fmt.Sprintf("%s has more than %d bindings: nobody sees any more what it may do", s, params.Bindings)})
					}
					if kind != "RoleBinding" {
						continue
					}
					if subjects[namespace] == nil {
						subjects[namespace] = map[string]bool{}
					}
					if subjects[namespace][id] = true; len(subjects[namespace]) == params.Subjects+1 {
						p.Add(rule.Problem{At: s.Place, Evidence: namespace,
							Message: fmt.Sprintf("more than %d subjects have rights in namespace %q: nobody sees any more who may do what", params.Subjects, namespace)})
						subjects[namespace][""] = true // told once
					}
				}
			}
		}
	},
}
