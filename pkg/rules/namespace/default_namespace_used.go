package namespace

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// DefaultNamespaceUsed reports objects that are put into the namespace default.
var DefaultNamespaceUsed = &rule.Rule{
	Meta: rule.Meta{
		ID: "default-namespace-used", Severity: result.Low, Since: "0.1",
		Title: "Object is put into the default namespace",
		Why: `Everything that names no other namespace lands in default: with it, objects of
all teams share one boundary for rights, policies, quotas and names. Policies
and rights set there reach further than their author thinks, and the namespace
cannot be deleted to clean up.`,
		Fix: "write another metadata.namespace, or leave it out and choose at deploy time",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#when-to-use-multiple-namespaces",
			"https://www.cisecurity.org/benchmark/kubernetes",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	On: rule.Any,
	Object: func(p *rule.Pass, o *manifest.Object) {
		if !fixed(p, o) || o.Is("", "ServiceAccount") && o.Key.Name == "default" || o.Is("", "Service") && o.Key.Name == "kubernetes" {
			return
		}
		p.Report(o.At("metadata", "namespace"), "%s is put into the namespace default, which everything without a namespace shares", o)
	},
}

// fixed reports whether the object goes to default because it says so, or
// because its target does.
func fixed(p *rule.Pass, o *manifest.Object) bool {
	t := p.Index.Target
	if t.Kind == result.KindHelm && (t.Helm == nil || t.Helm.Namespace == "") {
		// Nobody said where the chart goes: "default" is then the renderer's
		// word, not the chart's.
		return false
	}
	if o.Key.Namespace != "" {
		return o.Key.Namespace == "default"
	}
	fixes := t.Helm != nil && t.Helm.Namespace == "default" || t.Kustomize != nil && t.Kustomize.Namespace == "default"
	return fixes && p.Index.Namespaced(o)
}
