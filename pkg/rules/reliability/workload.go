package reliability

import (
	"math"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// runsToEnd reports whether the workload's pods are meant to end.
func runsToEnd(o *manifest.Object) bool {
	return o.Is("batch", "Job", "CronJob") || o.Is("keda.sh", "ScaledJob")
}

// controller reports whether the workload keeps its pods running.
func controller(o *manifest.Object) bool {
	return o.Is("apps", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet") || o.Is("", "ReplicationController")
}

// scalable reports whether the object is a workload with a number of replicas
// that stands for an application.
func scalable(o *manifest.Object) bool {
	return o.Is("apps", "Deployment", "StatefulSet") ||
		o.Is("apps.openshift.io", "DeploymentConfig") || o.Is("argoproj.io", "Rollout")
}

// replicas is what the workload writes, or the default.
func replicas(o *manifest.Object) int64 {
	if n, ok := o.At("spec", "replicas").Int(); ok {
		return n
	}
	return 1
}

// portion is a number of n, or a percentage of it, rounded as asked; ok is
// false if the field is absent or neither.
func portion(at manifest.Place, n int64, up bool) (value int64, ok bool) {
	text, percent := strings.CutSuffix(at.Str(), "%")
	v, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, false
	}
	if !percent {
		return v, true
	}
	part := float64(v) * float64(n) / 100
	if up {
		return int64(math.Ceil(part)), true
	}
	return int64(math.Floor(part)), true
}

// budgets reports whether the PodDisruptionBudget selects the pods. Before
// policy/v1 an empty selector selected nothing.
func budgets(x *index.Index, pdb *manifest.Object, pod manifest.Pod) bool {
	selector := pdb.At("spec", "selector")
	if !selector.Exists() || selector.Len() == 0 && pdb.Key.APIVersion != "policy/v1" {
		return false
	}
	return x.Namespace(pdb) == x.Namespace(pod.Object) && index.Matches(selector, pod.Labels())
}

// serviceOf is a Service that selects the pods, or nil.
func serviceOf(x *index.Index, pod manifest.Pod) *manifest.Object {
	for _, s := range x.Kind("", "Service") {
		if x.Namespace(s) == x.Namespace(pod.Object) && index.MatchesMap(s.At("spec", "selector"), pod.Labels()) {
			return s
		}
	}
	return nil
}

// targetPort is the port of the pods that a Service's port leads to.
func targetPort(port manifest.Place) manifest.Place {
	if at := port.At("targetPort"); at.Str() != "" && at.Str() != "0" {
		return at
	}
	return port.At("port")
}

// selected lists the pods that a Service selects.
func selected(x *index.Index, service *manifest.Object) []manifest.Pod {
	var out []manifest.Pod
	for _, pod := range x.PodsIn(x.Namespace(service)) {
		if index.MatchesMap(service.At("spec", "selector"), pod.Labels()) {
			out = append(out, pod)
		}
	}
	return out
}
