package storage

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PvcSharedReadWriteOnce reports claims that one node can mount and several
// pods want.
var PvcSharedReadWriteOnce = &rule.Rule{
	Meta: rule.Meta{
		ID: "pvc-shared-read-write-once", Severity: result.Low, Since: "0.1",
		Title: "ReadWriteOnce claim is shared",
		Why: `A ReadWriteOnce volume is attached to one node. A second pod that lands on
another node waits until the first is gone, and a rolling update that starts
the new pod before the old one ends can wait for ever.`,
		Fix: "use strategy Recreate, or a claim for each pod, or a driver with ReadWriteMany",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes",
			"https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy",
		},
	},
	Universe: func(p *rule.Pass) {
		users := map[*manifest.Object][]manifest.Place{}
		for _, pod := range p.Index.Pods() {
			for name, at := range claims(pod) {
				if claim := p.Index.Get("", "PersistentVolumeClaim", p.Index.Namespace(pod.Object), name); claim != nil && oneNode(claim) {
					users[claim] = append(users[claim], at)
				}
			}
		}
		for _, claim := range p.Index.Kind("", "PersistentVolumeClaim") {
			at := users[claim]
			if len(at) == 0 {
				continue
			}
			why := several(at[0].Object())
			var others []result.Related
			for _, u := range at[1:] {
				if u.Object() != at[0].Object() {
					others = append(others, rule.See(u, "%s mounts it too", u.Object()))
				}
			}
			if len(others) > 0 {
				why = fmt.Sprintf("%d more workloads do too", len(others))
			}
			if why != "" {
				p.Add(rule.Problem{At: at[0], Evidence: claim.Key.Name, Related: others,
					Message: fmt.Sprintf("%s mounts claim %q, which only one node can mount, and %s: a pod on a second node hangs", at[0].Object(), claim.Key.Name, why)})
			}
		}
	},
}

// oneNode reports whether the claim is for one node only.
func oneNode(claim *manifest.Object) bool {
	modes := claim.At("spec", "accessModes").Strings()
	return len(modes) > 0 && !slices.ContainsFunc(modes, func(m string) bool { return m != "ReadWriteOnce" && m != "ReadWriteOncePod" })
}

// several says why the workload has more than one pod at a time, "" if it has
// not.
func several(o *manifest.Object) string {
	replicas, ok := o.At("spec", "replicas").Int()
	if !ok {
		replicas = 1
	}
	strategy := o.At("spec", "strategy")
	surge := strategy.At("rollingUpdate", "maxSurge").Str()
	switch {
	case replicas > 1:
		return fmt.Sprintf("it has %d replicas", replicas)
	case replicas == 1 && o.Is("apps", "Deployment") && strategy.At("type").Str() != "Recreate" && surge != "0" && surge != "0%":
		return "a rolling update starts the new pod before the old one ends"
	}
	return ""
}
