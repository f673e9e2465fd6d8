package reliability

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ServiceParams are the parameters of service-selects-nothing.
type ServiceParams struct {
	// External are selectors, "key=value", of pods that others make.
	External []string `yaml:"external"`
}

// ServiceSelectsNothing reports Services whose selector matches no pod
// template.
var ServiceSelectsNothing = &rule.Rule{
	Meta: rule.Meta{
		ID: "service-selects-nothing", Severity: result.Medium, Since: "0.1",
		Title: "Service selects no pod",
		Why: `The Service has no endpoint: its name resolves, and every connection is
refused. Mostly a label was renamed in one place only.`,
		Fix: "set spec.selector to labels of the pods' template",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/service/",
		},
	},
	Params: func() any { return &ServiceParams{External: []string{}} },
	Universe: func(p *rule.Pass) {
		external := p.Params.(*ServiceParams).External
		for _, s := range p.Index.Kind("", "Service") {
			at, namespace := s.At("spec", "selector"), p.Index.Namespace(s)
			if at.Len() == 0 || s.At("spec", "type").Str() == "ExternalName" || !p.Index.Owns(namespace) {
				continue
			}
			declared := false
			for k, v := range at.Entries() {
				declared = declared || slices.Contains(external, k+"="+v.Str())
			}
			if declared || len(selected(p.Index, s)) > 0 || p.Index.OperatorMakes(at, namespace) {
				continue
			}
			p.Report(at, "%s selects no pod of namespace %q: every connection to it is refused", s, namespace)
		}
	},
}
