package secretref

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ConfigMapReferenceMissing reports references to ConfigMaps that nothing
// makes.
var ConfigMapReferenceMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "config-map-reference-missing", Severity: result.Medium, Since: "0.1",
		Title: "ConfigMap does not exist",
		Why: `A container that takes a value from a ConfigMap which is not there does not
start, and one that mounts it waits. Nothing in this target makes it, and the
configuration does not say that it exists.`,
		Fix: "mend the name or key, add the ConfigMap, set optional: true, or list it in the rule's existing parameter",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/configmap/",
		},
	},
	Params: func() any { return &ExistingParams{Existing: []string{}} },
	Universe: func(p *rule.Pass) {
		has := func(namespace, name string) bool {
			switch name {
			case "kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert":
				return true // in every namespace
			}
			for _, b := range p.Index.Kind("trust.cert-manager.io", "Bundle") {
				if b.Key.Name == name {
					return true
				}
			}
			return p.Index.OperatorNames(namespace, name)
		}
		for _, pod := range p.Index.Pods() {
			for r := range references(pod, false) {
				checkReference(p, pod.Object, "ConfigMap", r, has, "its containers do not start")
			}
		}
	},
}
