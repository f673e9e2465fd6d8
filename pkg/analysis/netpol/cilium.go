package netpol

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Cilium's labels carry their source, which selectors may leave out.
const (
	ciliumNamespace       = "io.kubernetes.pod.namespace"
	ciliumNamespaceLabels = "io.cilium.k8s.namespace.labels."
	ciliumAccount         = "io.cilium.k8s.policy.serviceaccount"
)

func cilium(kind string, cluster bool) provider {
	return provider{
		group: "cilium.io", kind: kind, cluster: cluster,
		selector: []any{"endpointSelector"},
		selects: func(x *index.Index, p Policy, pod manifest.Pod) bool {
			if p.Spec.At("nodeSelector").Exists() {
				return false // it is about nodes
			}
			get := func(key string) (string, bool) { return ciliumLabel(x, pod, key) }
			known := func(key string) bool { return !strings.HasPrefix(bare(key), ciliumNamespaceLabels) }
			return index.MatchLabels(p.Selector(), get, known)
		},
		everything: func(p Policy) bool {
			return p.Selector().Exists() && emptySelector(p.Selector())
		},
		isolates: func(p Policy, d Direction) bool {
			if on, ok := p.Spec.At("enableDefaultDeny", string(d)).Bool(); ok {
				return on
			}
			return p.Spec.At(string(d)).Len() > 0 || p.Spec.At(string(d)+"Deny").Len() > 0
		},
		open: func(r manifest.Place, d Direction) bool {
			from := map[Direction]string{Ingress: "from", Egress: "to"}[d]
			if r.At("toPorts").Len() > 0 {
				return false
			}
			entities := r.At(from + "Entities").Strings()
			return slices.Contains(entities, "all") || slices.ContainsFunc(r.At(from+"CIDR").Strings(), AnyAddress)
		},
	}
}

// bare is the key without its source.
func bare(key string) string {
	for _, source := range [...]string{"k8s:", "any:", "k8s.", "any."} {
		if rest, ok := strings.CutPrefix(key, source); ok {
			return rest
		}
	}
	return key
}

func ciliumLabel(x *index.Index, pod manifest.Pod, key string) (string, bool) {
	switch key = bare(key); key {
	case ciliumNamespace:
		return x.Namespace(pod.Object), true
	case ciliumAccount:
		_, name := x.AccountOf(pod)
		return name, true
	}
	labels := pod.Labels()
	if rest, ok := strings.CutPrefix(key, ciliumNamespaceLabels); ok {
		ns := x.NamespaceObject(x.Namespace(pod.Object))
		if ns == nil {
			return "", false
		}
		labels, key = ns.Labels(), rest
	}
	v := labels.At(key)
	return v.Str(), v.Exists()
}
