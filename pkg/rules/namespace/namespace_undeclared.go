package namespace

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// UndeclaredParams are the parameters of namespace-undeclared.
type UndeclaredParams struct {
	// Declared are namespaces that exist though no target holds them.
	Declared []string `yaml:"declared"`
	// OwnerLabel is a label that every rendered Namespace needs, "" for none.
	OwnerLabel string `yaml:"ownerLabel"`
}

// NamespaceUndeclared reports namespaces that objects go to and nobody
// describes.
var NamespaceUndeclared = &rule.Rule{
	Meta: rule.Meta{
		ID: "namespace-undeclared", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Namespace is not declared",
		Why: `Whether the namespace enforces Pod Security, limits resources or is isolated
stands in no file here: what is deployed there cannot be judged whole. Charts
leave namespaces to whoever installs them, hence off.`,
		Fix: "render the Namespace with its labels, or list it in the rule's declared parameter",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	Params: func() any { return &UndeclaredParams{Declared: []string{}} },
	Universe: func(p *rule.Pass) {
		params := p.Params.(*UndeclaredParams)
		known := append([]string{"default", "kube-system", "kube-public", "kube-node-lease"}, params.Declared...)
		for _, o := range p.Index.Objects {
			if namespaces(o) {
				if label := params.OwnerLabel; label != "" && o.Labels().At(label).Str() == "" {
					p.Report(o.Labels().At(label), "%s has no label %q: nobody answers for it", o, label)
				}
				continue
			}
			name := p.Index.Namespace(o)
			if slices.Contains(known, name) || !p.Index.Namespaced(o) || p.Index.NamespaceObject(name) != nil {
				continue
			}
			known = append(known, name) // told once
			p.Add(rule.Problem{
				At: o.At("metadata", "namespace"), Namespace: name,
				Missing: result.Key{APIVersion: "v1", Kind: "Namespace", Name: name},
				Message: fmt.Sprintf("namespace %q is used, and nothing here declares it: its labels and policies are unknown", name),
			})
		}
	},
}
