package network

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// everyone reports whether an ingress rule of any kind of policy admits every
// peer, those outside the cluster included, and where it does.
func everyone(r manifest.Place) (at manifest.Place, ok bool) {
	switch r.Object().Key.Group() {
	case "networking.k8s.io":
		if r.At("from").Len() == 0 {
			return r, true
		}
		for peer := range r.At("from").Items() {
			if cidr := peer.At("ipBlock", "cidr"); netpol.AnyAddress(cidr.Str()) && peer.At("ipBlock", "except").Len() == 0 {
				return cidr, true
			}
			if empty(peer.At("namespaceSelector")) && empty(peer.At("podSelector")) {
				return peer, true
			}
		}
	case "cilium.io":
		for entity := range r.At("fromEntities").Items() {
			if entity.Str() == "all" || entity.Str() == "world" {
				return entity, true
			}
		}
		for cidr := range r.At("fromCIDR").Items() {
			if netpol.AnyAddress(cidr.Str()) {
				return cidr, true
			}
		}
		for set := range r.At("fromCIDRSet").Items() {
			if netpol.AnyAddress(set.At("cidr").Str()) && set.At("except").Len() == 0 {
				return set.At("cidr"), true
			}
		}
		// A rule of ports alone has no peers to limit; an empty one, which is
		// how Cilium denies by default, admits nobody.
		if r.At("toPorts").Len() > 0 {
			for field := range r.Entries() {
				if strings.HasPrefix(field, "from") {
					return at, false
				}
			}
			return r, true
		}
	case "projectcalico.org", "crd.projectcalico.org":
		return everyoneCalico(r)
	}
	return at, false
}

func everyoneCalico(r manifest.Place) (at manifest.Place, ok bool) {
	from := r.At("source")
	if r.At("action").Str() != "Allow" {
		return at, false
	}
	for cidr := range from.At("nets").Items() {
		if netpol.AnyAddress(cidr.Str()) {
			return cidr, from.At("notNets").Len() == 0
		}
	}
	for field := range from.Entries() {
		if field != "ports" {
			return at, false
		}
	}
	return r, true
}

// everyNamespace reports whether an ingress rule admits every pod of the
// cluster.
func everyNamespace(r manifest.Place) (at manifest.Place, ok bool) {
	switch r.Object().Key.Group() {
	case "networking.k8s.io":
		for peer := range r.At("from").Items() {
			if empty(peer.At("namespaceSelector")) && !peer.At("podSelector").Exists() && !peer.At("ipBlock").Exists() {
				return peer.At("namespaceSelector"), true
			}
		}
	case "policy.networking.k8s.io":
		if a := r.At("action").Str(); a != "Allow" && a != "Accept" {
			return at, false
		}
		for peer := range r.At("from").Items() {
			if at := peer.At("namespaces"); empty(at) {
				return at, true
			}
			if at := peer.At("pods", "namespaceSelector"); empty(at) && empty(peer.At("pods", "podSelector")) {
				return at, true
			}
		}
	case "cilium.io":
		for entity := range r.At("fromEntities").Items() {
			if entity.Str() == "cluster" {
				return entity, true
			}
		}
		for peer := range r.At("fromEndpoints").Items() {
			if empty(peer) && r.Object().Key.Kind == "CiliumClusterwideNetworkPolicy" || anyCiliumNamespace(peer) {
				return peer, true
			}
		}
	case "projectcalico.org", "crd.projectcalico.org":
		from := r.At("source")
		at := from.At("namespaceSelector")
		if s := strings.ReplaceAll(from.At("selector").Str(), " ", ""); r.At("action").Str() == "Allow" && (s == "" || s == "all()") {
			return at, strings.ReplaceAll(at.Str(), " ", "") == "all()"
		}
	}
	return at, false
}

// anyCiliumNamespace reports whether the peer asks for nothing but some
// namespace.
func anyCiliumNamespace(peer manifest.Place) bool {
	e := peer.At("matchExpressions")
	return peer.At("matchLabels").Len() == 0 && e.Len() == 1 && e.At(0, "operator").Str() == "Exists" &&
		strings.HasSuffix(e.At(0, "key").Str(), "io.kubernetes.pod.namespace")
}

// empty reports whether a label selector is written and selects everything.
func empty(s manifest.Place) bool {
	return s.Exists() && s.At("matchLabels").Len() == 0 && s.At("matchExpressions").Len() == 0 && (s.IsMap() || s.Len() == 0)
}

// published are the ports, by number and by name, at which the policy's pods
// are meant for everyone: a load balancer or a route leads there.
func published(x *index.Index, policy netpol.Policy) []string {
	routed := map[string]bool{}
	for _, o := range x.Objects {
		for _, b := range route.Backends(x, o) {
			routed[b.Namespace+"/"+b.Name] = true
		}
	}
	var out []string
	for _, s := range x.Kind("", "Service") {
		namespace := x.Namespace(s)
		if t := s.At("spec", "type").Str(); t != "LoadBalancer" && t != "NodePort" && !routed[namespace+"/"+s.Key.Name] {
			continue
		}
		for _, pod := range x.PodsIn(namespace) {
			if policy.Selects(x, pod) && index.MatchesMap(s.At("spec", "selector"), pod.Labels()) {
				out = append(out, targetPorts(s, pod)...)
			}
		}
	}
	return out
}

// targetPorts are the ports of the pod that the Service leads to, by number
// and by name.
func targetPorts(s *manifest.Object, pod manifest.Pod) []string {
	var out []string
	for p := range s.At("spec", "ports").Items() {
		target := p.At("targetPort")
		if !target.Exists() {
			target = p.At("port")
		}
		out = append(out, target.Str())
		for c := range pod.Containers() {
			if port, ok := c.Port(target.Str()); ok {
				out = append(out, port.At("name").Str(), port.At("containerPort").Str())
			}
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}
