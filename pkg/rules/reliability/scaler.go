package reliability

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

func isHPA(o *manifest.Object) bool {
	return o != nil && o.Is("autoscaling", "HorizontalPodAutoscaler")
}

// leastReplicas is the autoscaler's minimum, or the default: KEDA's is 0.
func leastReplicas(scaler *manifest.Object) int64 {
	if !isHPA(scaler) {
		n, _ := scaler.At("spec", "minReplicaCount").Int()
		return n
	}
	if n, ok := scaler.At("spec", "minReplicas").Int(); ok {
		return n
	}
	return 1
}

// scalers maps workloads to the HorizontalPodAutoscaler, or ScaledObject, that
// sets their replicas.
func scalers(x *index.Index) map[*manifest.Object]*manifest.Object {
	out := map[*manifest.Object]*manifest.Object{}
	for _, o := range x.Objects {
		if !isHPA(o) && !o.Is("keda.sh", "ScaledObject") {
			continue
		}
		if t := scaleTarget(x, o); t != nil && out[t] == nil {
			out[t] = o
		}
	}
	return out
}

func scaleTarget(x *index.Index, hpa *manifest.Object) *manifest.Object {
	return target(x, hpa.At("spec", "scaleTargetRef"), x.Namespace(hpa))
}

func verticalTarget(x *index.Index, vpa *manifest.Object) *manifest.Object {
	return target(x, vpa.At("spec", "targetRef"), x.Namespace(vpa))
}

// kindOf is the kind that a reference names; KEDA's means a Deployment where
// none is written.
func kindOf(ref manifest.Place) string { return cmp.Or(ref.At("kind").Str(), "Deployment") }

// target is the object that a reference names, or nil. Without an apiVersion,
// or with one of the group that became apps, kind and name decide.
func target(x *index.Index, ref manifest.Place, namespace string) *manifest.Object {
	kind, name, version := kindOf(ref), ref.At("name").Str(), ref.At("apiVersion").Str()
	i := slices.IndexFunc(x.Objects, func(o *manifest.Object) bool {
		group, means := o.GroupKind()
		return means == kind && o.Key.Name == name && x.Namespace(o) == namespace &&
			(version == "" || groupOf(version) == group || group == "apps" && groupOf(version) == "extensions")
	})
	if i < 0 {
		return nil
	}
	return x.Objects[i]
}

// metric is a resource by which an autoscaler measures.
type metric struct {
	at          manifest.Place
	resource    string
	container   string // the only one that counts, "" for all
	utilization bool   // measured against the request
}

// resourceMetrics yields the autoscaler's metrics of cpu and memory. Without
// any metric it measures the use of cpu.
func resourceMetrics(hpa *manifest.Object) iter.Seq[metric] {
	return func(yield func(metric) bool) {
		metrics := hpa.At("spec", "metrics")
		if metrics.Len() == 0 {
			yield(metric{at: hpa.At("spec", "targetCPUUtilizationPercentage"), resource: "cpu", utilization: true})
			return
		}
		for m := range metrics.Items() {
			for _, kind := range [...]string{"resource", "containerResource"} {
				at := m.At(kind)
				if name := at.At("name").Str(); name != "" && !yield(metric{
					at: at.At("name"), resource: name, container: at.At("container").Str(),
					utilization: at.At("target", "averageUtilization").Exists() || at.At("targetAverageUtilization").Exists(),
				}) {
					return
				}
			}
		}
	}
}

// verticallyScaled reports whether a VerticalPodAutoscaler changes requests
// for the resource; by default it does, for cpu and memory.
func verticallyScaled(vpa *manifest.Object, resource string) bool {
	if vpa.At("spec", "updatePolicy", "updateMode").Str() == "Off" {
		return false
	}
	policies := vpa.At("spec", "resourcePolicy", "containerPolicies")
	for policy := range policies.Items() {
		if policy.At("mode").Str() == "Off" {
			continue
		}
		if only := policy.At("controlledResources"); !only.Exists() || slices.Contains(only.Strings(), resource) {
			return true
		}
	}
	return policies.Len() == 0
}

// groupOf is the API group of an apiVersion, "" for the core's.
func groupOf(apiVersion string) string {
	group, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		return ""
	}
	return group
}
