package reliability

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ReplicasNotSpread reports replicas that may all land on one node.
var ReplicasNotSpread = &rule.Rule{
	Meta: rule.Meta{
		ID: "replicas-not-spread", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Replicas are not spread",
		Why: `The scheduler may put every replica on one node, and then its failure is the
workload's.`,
		Fix: "set topologySpreadConstraints or a pod anti-affinity on kubernetes.io/hostname or topology.kubernetes.io/zone",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
		},
	},
	Params: func() any { return &FewestReplicas{MinReplicas: 2} },
	On:     scalable,
	Object: func(p *rule.Pass, o *manifest.Object) {
		pod, ok := o.Pod()
		if !ok || replicas(o) < p.Params.(*FewestReplicas).MinReplicas || pod.Spec.At("topologySpreadConstraints").Len() > 0 || keepsApart(p.Index, pod) {
			return
		}
		p.Report(pod.Spec.At("topologySpreadConstraints"), "%s spreads its %d replicas neither by constraint nor by anti-affinity: one node's failure may take all", o, replicas(o))
	},
}

// keepsApart reports whether an anti-affinity keeps pods with the pod's own
// labels on different nodes or in different zones.
func keepsApart(x *index.Index, pod manifest.Pod) bool {
	at := pod.Spec.At("affinity", "podAntiAffinity")
	var terms []manifest.Place
	for t := range at.At("requiredDuringSchedulingIgnoredDuringExecution").Items() {
		terms = append(terms, t)
	}
	for t := range at.At("preferredDuringSchedulingIgnoredDuringExecution").Items() {
		terms = append(terms, t.At("podAffinityTerm"))
	}
	return slices.ContainsFunc(terms, func(t manifest.Place) bool {
		switch t.At("topologyKey").Str() {
		case "kubernetes.io/hostname", "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone":
			selector, namespaces := t.At("labelSelector"), t.At("namespaces")
			// Named namespaces take the place of the pod's own.
			if namespaces.Len() > 0 && !slices.Contains(namespaces.Strings(), x.Namespace(pod.Object)) && !t.At("namespaceSelector").Exists() {
				return false
			}
			return selector.Exists() && index.Matches(selector, pod.Labels())
		}
		return false
	})
}
