package reliability

import (
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// RolloutInterruptsService reports Deployments behind a Service that a rollout
// takes down.
var RolloutInterruptsService = &rule.Rule{
	Meta: rule.Meta{
		ID: "rollout-interrupts-service", Severity: result.Low, Since: "0.1",
		Title: "Rollout interrupts the Service",
		Why: `With the strategy Recreate, or a maxUnavailable as high as the replicas, every
rollout stops all pods before new ones are ready, and the Service has no one
to answer. A volume that only one node may mount is a reason for Recreate.`,
		Fix: "set strategy.type: RollingUpdate and maxUnavailable below the number of replicas",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, pod := range p.Index.Pods() {
			o := pod.Object
			service := serviceOf(p.Index, pod)
			if service == nil || !o.Is("apps", "Deployment") {
				continue
			}
			strategy := o.At("spec", "strategy")
			if at := strategy.At("type"); at.Str() == "Recreate" {
				if !exclusiveClaim(p.Index, pod) {
					p.Report(at, "%s stops all its pods before it starts new ones: %s has no one to answer at every rollout", o, service)
				}
				continue
			}
			at := strategy.At("rollingUpdate", "maxUnavailable")
			if n := replicas(o); n > 0 && unavailable(strategy.At("rollingUpdate"), n) >= n {
				p.Report(at, "%s may stop all of its %d pods in a rollout: %s has no one to answer then", o, n, service)
			}
		}
	},
}

// unavailable is how many of n pods a rolling update may stop: rounded down,
// while the surge is rounded up, and 1 where both come out as nothing.
func unavailable(rolling manifest.Place, n int64) int64 {
	down, surge := n/4, (n+3)/4 // the default is 25 % for both
	if v, ok := portion(rolling.At("maxUnavailable"), n, false); ok {
		down = v
	}
	if v, ok := portion(rolling.At("maxSurge"), n, true); ok {
		surge = v
	}
	if down == 0 && surge == 0 {
		return 1
	}
	return down
}

// exclusiveClaim reports whether the pod mounts a claim that only one node, or
// one pod, may have at a time. A claim that is not rendered may be one.
func exclusiveClaim(x *index.Index, pod manifest.Pod) bool {
	for v := range pod.Spec.At("volumes").Items() {
		name := v.At("persistentVolumeClaim", "claimName").Str()
		if name == "" {
			continue
		}
		claim := x.Get("", "PersistentVolumeClaim", x.Namespace(pod.Object), name)
		if claim == nil {
			return true
		}
		for _, mode := range claim.At("spec", "accessModes").Strings() {
			if mode == "ReadWriteOnce" || mode == "ReadWriteOncePod" {
				return true
			}
		}
	}
	return false
}
