package netpol

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

func calico(group string) []provider {
	kind := func(name string, cluster bool) provider {
		return provider{
			group: group, kind: name, cluster: cluster,
			selector: []any{"selector"},
			selects:  calicoSelects,
			everything: func(p Policy) bool {
				return calicoAll(p.Selector().Str()) && calicoAll(p.Spec.At("serviceAccountSelector").Str())
			},
			isolates: func(p Policy, d Direction) bool {
				if types := p.Spec.At("types"); types.Len() > 0 {
					return slices.ContainsFunc(types.Strings(), func(s string) bool { return strings.EqualFold(s, string(d)) })
				}
				return p.Spec.At(string(d)).Len() > 0 || d == Ingress && p.Spec.At("egress").Len() == 0
			},
			open: calicoOpen,
		}
	}
	return []provider{kind("NetworkPolicy", false), kind("GlobalNetworkPolicy", true)}
}

func calicoAll(selector string) bool {
	s := strings.ReplaceAll(selector, " ", "")
	return s == "" || s == "all()"
}

func calicoOpen(r manifest.Place, d Direction) bool {
	if r.At("action").Str() != "Allow" || r.At("protocol").Exists() || r.At("notProtocol").Exists() || r.At("destination", "ports").Len() > 0 {
		return false
	}
	peer := r.At(map[Direction]string{Ingress: "source", Egress: "destination"}[d])
	if nets := peer.At("nets"); nets.Len() > 0 {
		return slices.ContainsFunc(nets.Strings(), AnyAddress)
	}
	for name := range peer.Entries() {
		if name != "ports" {
			return false
		}
	}
	return true
}

// calicoSelects evaluates Calico's selector expressions; one that cannot be
// read selects.
func calicoSelects(x *index.Index, p Policy, pod manifest.Pod) bool {
	namespace := x.Namespace(pod.Object)
	_, account := x.AccountOf(pod)
	ok := selects(p.Selector().Str(), func(key string) (string, bool, bool) {
		switch key {
		case "projectcalico.org/namespace":
			return namespace, true, true
		case "projectcalico.org/serviceaccount":
			return account, true, true
		case "projectcalico.org/orchestrator":
			return "k8s", true, true
		}
		v := pod.Labels().At(key)
		return v.Str(), v.Exists(), true
	})
	return ok && selects(p.Spec.At("namespaceSelector").Str(), func(key string) (string, bool, bool) {
		if key == "projectcalico.org/name" || key == index.NamespaceName {
			return namespace, true, true
		}
		ns := x.NamespaceObject(namespace)
		if ns == nil {
			return "", false, false
		}
		v := ns.Labels().At(key)
		return v.Str(), v.Exists(), true
	})
}
