package namespace

import (
	"math/big"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// need is what a pod takes of a resource, as the quota counts it: the sum of
// its main containers and sidecars, or its largest other init container.
func need(x *index.Index, pod manifest.Pod, list, resource string) *big.Rat {
	sum, most := new(big.Rat), new(big.Rat)
	for c := range pod.Containers(manifest.Main, manifest.Init) {
		v, ok := x.Resource(pod, c, list, resource).Quantity()
		switch {
		case !ok:
		case c.Kind == manifest.Main || c.Sidecar():
			sum.Add(sum, v)
		case v.Cmp(most) > 0:
			most = v
		}
	}
	if most.Cmp(sum) > 0 {
		return most
	}
	return sum
}

// copies is how many pods of a workload run at once for certain. How often a
// DaemonSet runs the nodes decide, and a CronJob's pods come and go.
func copies(x *index.Index, o *manifest.Object) int64 {
	switch o.Key.Kind {
	case "DaemonSet", "CronJob", "PodTemplate", "ScaledJob":
		return 0
	case "Job":
		if n, ok := o.At("spec", "parallelism").Int(); ok {
			return n
		}
		return 1
	}
	if n, ok := o.At("spec", "replicas").Int(); ok {
		return n
	}
	for _, hpa := range x.Kind("autoscaling", "HorizontalPodAutoscaler") {
		ref := hpa.At("spec", "scaleTargetRef")
		if n, ok := hpa.At("spec", "minReplicas").Int(); ok && x.Namespace(hpa) == x.Namespace(o) && ref.At("kind").Str() == o.Key.Kind && ref.At("name").Str() == o.Key.Name {
			return n
		}
	}
	return 1
}

// counted is what a quota's entry counts: a list and a resource of containers,
// or pods.
func counted(entry string) (list, resource string, ok bool) {
	switch entry {
	case "cpu", "requests.cpu":
		return "requests", "cpu", true
	case "memory", "requests.memory":
		return "requests", "memory", true
	case "limits.cpu":
		return "limits", "cpu", true
	case "limits.memory":
		return "limits", "memory", true
	case "pods", "count/pods":
		return "", "pods", true
	}
	return "", "", false
}
