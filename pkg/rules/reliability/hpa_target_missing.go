package reliability

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// HpaTargetMissing reports autoscalers of workloads that are not there, or that
// cannot be scaled.
var HpaTargetMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "hpa-target-missing", Severity: result.Medium, Since: "0.1",
		Title: "Autoscaler's target does not exist",
		Why: `An autoscaler that finds no workload does nothing, and says so only in its
status. Load then meets a fixed number of pods.`,
		Fix: "name a workload of the namespace, with its kind and apiVersion",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, o := range p.Index.Objects {
			var ref manifest.Place
			switch {
			case isHPA(o), o.Is("keda.sh", "ScaledObject"):
				ref = o.At("spec", "scaleTargetRef")
			case o.Is("autoscaling.k8s.io", "VerticalPodAutoscaler"):
				ref = o.At("spec", "targetRef")
			default:
				continue
			}
			kind := kindOf(ref)
			vertical := o.Key.Kind == "VerticalPodAutoscaler"
			switch namespace := p.Index.Namespace(o); {
			case !vertical && slices.Contains([]string{"CronJob", "DaemonSet", "Job", "Pod", "Service", "ConfigMap", "Ingress"}, kind):
				p.Report(ref.At("kind"), "%s scales a %s, which has no scale: it does nothing", o, kind)
			case target(p.Index, ref, namespace) == nil && p.Index.Owns(namespace):
				p.Add(rule.Problem{
					At: ref.At("name"), Missing: result.Key{APIVersion: ref.At("apiVersion").Str(), Kind: kind, Namespace: namespace, Name: ref.At("name").Str()},
					Message: fmt.Sprintf("%s scales %s %q, which is not in namespace %q: it does nothing", o, kind, ref.At("name").Str(), namespace),
				})
			}
		}
	},
}
