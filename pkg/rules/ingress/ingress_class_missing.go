package ingress

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressClassMissing reports Ingresses that leave to the cluster who serves
// them.
var IngressClassMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-class-missing", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Ingress names no class",
		Why: `Without a class the cluster's default decides, or every controller that
happens to take unclassed Ingresses, or nobody: an internal page may appear
outside when another controller is installed.`,
		Fix: "set spec.ingressClassName",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/ingress/#default-ingress-class",
		},
	},
	On: ingresses,
	Object: func(p *rule.Pass, o *manifest.Object) {
		if class(o).Str() != "" || slices.ContainsFunc(p.Index.Kind("networking.k8s.io", "IngressClass"), func(c *manifest.Object) bool {
			return yes(c.Annotations().At("ingressclass.kubernetes.io/is-default-class"))
		}) {
			return
		}
		p.Report(o.At("spec", "ingressClassName"), "%s names no class: the cluster's default, if there is one, decides who serves it", o)
	},
}
