package index

import (
	"cmp"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

type accountKey struct{ namespace, name string }

// AccountOf is the service account that the pod runs as.
func (x *Index) AccountOf(pod manifest.Pod) (namespace, name string) {
	name = pod.ServiceAccount().Str()
	if name == "" {
		name = "default"
	}
	return x.Namespace(pod.Object), name
}

// TokenMounted reports whether the pod gets its account's token: by default,
// as the pod or else the rendered account decides, or by a projected volume.
func (x *Index) TokenMounted(pod manifest.Pod) bool {
	for v := range pod.Spec.At("volumes").Items() {
		for s := range v.At("projected", "sources").Items() {
			if s.At("serviceAccountToken").Exists() {
				return true
			}
		}
	}
	if v, ok := pod.Spec.At("automountServiceAccountToken").Bool(); ok {
		return v
	}
	namespace, name := x.AccountOf(pod)
	if sa := x.Get("", "ServiceAccount", namespace, name); sa != nil {
		if v, ok := sa.At("automountServiceAccountToken").Bool(); ok {
			return v
		}
	}
	return true
}

// BindingsOf lists the RoleBindings and ClusterRoleBindings that name the
// service account as a subject. Groups of accounts do not count.
func (x *Index) BindingsOf(namespace, name string) []*manifest.Object {
	return x.bindings[accountKey{namespace, name}]
}

func (x *Index) indexBindings() {
	for _, kind := range [...]string{"RoleBinding", "ClusterRoleBinding"} {
		for _, b := range x.Kind(manifest.RBACGroup, kind) {
			for s := range b.Subjects() {
				if namespace, name, ok := s.ServiceAccount(); ok {
					k := accountKey{cmp.Or(namespace, x.Namespace(b)), name}
					x.bindings[k] = append(x.bindings[k], b)
				}
			}
		}
	}
}
