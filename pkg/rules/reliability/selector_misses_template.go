package reliability

import (
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SelectorMissesTemplate reports controllers that would not own their own pods.
var SelectorMissesTemplate = &rule.Rule{
	Meta: rule.Meta{
		ID: "selector-misses-template", Severity: result.High, Since: "0.1",
		Title: "Selector does not match the template",
		Why: `The API server refuses a controller whose selector does not match the labels
of its template, and one without a selector.`,
		Fix: "set the template's metadata.labels to what spec.selector asks for",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#set-references-in-api-objects",
		},
	},
	On: rule.Or(rule.Kinds("apps", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), rule.Kinds("apps.openshift.io", "DeploymentConfig"), rule.Kinds("", "ReplicationController")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		at := o.At("spec", "selector")
		pod, ok := o.Pod()
		switch {
		case !ok: // a template without a spec is the schema's business
		case !o.Is("apps", o.Key.Kind): // a plain map, which may be left out
			if at.Len() > 0 && !index.MatchesMap(at, pod.Labels()) {
				p.Report(at, "%s has a selector that its own template does not match: the API server refuses it", o)
			}
		case at.At("matchLabels").Len()+at.At("matchExpressions").Len() == 0:
			// Versions before apps/v1 and apps/v1beta2 took the template's labels.
			if o.Key.APIVersion != "apps/v1beta1" {
				p.Report(at, "%s has no selector: the API server refuses it", o)
			}
		case !index.Matches(at, pod.Labels()):
			p.Report(at, "%s has a selector that its own template does not match: the API server refuses it", o)
		}
	},
}
