package mesh

import (
	"strconv"

	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// The meshes.
const (
	istio   = "istio"
	ambient = "ambient" // Istio without sidecars
	linkerd = "linkerd"
)

// meshOf is the mesh that a rendered Namespace takes its pods into, and what
// says so; "" for none.
func meshOf(ns *manifest.Object) (mesh string, at manifest.Place) {
	if ns == nil {
		return "", at
	}
	labels := ns.Labels()
	switch injection := labels.At("istio-injection"); {
	case injection.Str() == "enabled":
		return istio, injection
	case labels.At("istio.io/dataplane-mode").Str() == "ambient":
		return ambient, labels.At("istio.io/dataplane-mode")
	case labels.At("istio.io/rev").Str() != "" && injection.Str() != "disabled":
		return istio, labels.At("istio.io/rev")
	}
	if at := ns.Annotations().At("linkerd.io/inject"); injects(at.Str()) {
		return linkerd, at
	}
	return "", at
}

// injects reports whether a value of Linkerd's annotation switches it on.
func injects(v string) bool { return v == "enabled" || v == "ingress" }

// optsOut is what a pod says against its namespace's mesh, absent if nothing.
func optsOut(mesh string, pod manifest.Pod) manifest.Place {
	labels, annotations := pod.Labels(), pod.Annotations()
	switch mesh {
	case istio:
		for _, at := range [...]manifest.Place{labels.At("sidecar.istio.io/inject"), annotations.At("sidecar.istio.io/inject")} {
			if at.Exists() {
				if at.Str() == "false" || at.Str() == "disabled" {
					return at
				}
				break // the label wins
			}
		}
	case ambient:
		if at := labels.At("istio.io/dataplane-mode"); at.Str() == "none" {
			return at
		}
	case linkerd:
		if at := annotations.At("linkerd.io/inject"); at.Str() == "disabled" {
			return at
		}
	}
	return manifest.Place{}
}

// meshOfPod is the mesh that the pod is in, "" for none; known is false where
// its namespace is not rendered, so that nobody knows.
func meshOfPod(x *index.Index, pod manifest.Pod) (mesh string, known bool) {
	if l := pod.Labels(); l.At("sidecar.istio.io/inject").Str() == "true" {
		return istio, true
	} else if l.At("istio.io/dataplane-mode").Str() == "ambient" {
		return ambient, true
	}
	if injects(pod.Annotations().At("linkerd.io/inject").Str()) {
		return linkerd, true
	}
	ns := x.NamespaceObject(x.Namespace(pod.Object))
	mesh, _ = meshOf(ns)
	if mesh != "" && (optsOut(mesh, pod).Exists() || pod.HostNetwork()) {
		return "", true
	}
	return mesh, ns != nil
}

// decision is the mTLS mode that holds, and what says so: absent for the
// mesh's default.
type decision struct {
	mode string
	at   manifest.Place
	by   string // for messages
}

// resolve finds the mode of a workload, or of a whole namespace if labels is
// absent: from the workload's PeerAuthentication to its namespace's, the root
// namespace's, and Istio's default.
func resolve(x *index.Index, namespace string, labels *manifest.Place) decision {
	var workload, own, root decision
	for _, pa := range x.Kind("security.istio.io", "PeerAuthentication") {
		at := pa.At("spec", "mtls", "mode")
		if at.Str() == "" || at.Str() == "UNSET" {
			continue
		}
		selector := pa.At("spec", "selector", "matchLabels")
		ns := x.Namespace(pa)
		switch {
		case selector.Len() > 0:
			if labels != nil && ns == namespace && index.MatchesMap(selector, *labels) {
				workload = decision{at.Str(), at, pa.String()}
			}
		case ns == namespace:
			own = decision{at.Str(), at, pa.String()}
		case ns == rootNamespace:
			root = decision{at.Str(), at, pa.String()}
		}
	}
	for _, d := range [...]decision{workload, own, root} {
		if d.mode != "" {
			return d
		}
	}
	return decision{mode: "PERMISSIVE", by: "mesh default"}
}

// openPort reports whether a PeerAuthentication of the pod leaves a port that
// the client uses open to connections in clear.
func openPort(p *rule.Pass, c route.Client, pod manifest.Pod) bool {
	for _, pa := range p.Index.Kind("security.istio.io", "PeerAuthentication") {
		if p.Index.Namespace(pa) != p.Index.Namespace(pod.Object) || !index.MatchesMap(pa.At("spec", "selector", "matchLabels"), pod.Labels()) {
			continue
		}
		for port, at := range pa.At("spec", "portLevelMtls").Entries() {
			for _, t := range route.Targets(c.Service, c.Port, pod) {
				if strconv.Itoa(t.Number) == port && at.At("mode").Str() != "STRICT" && at.At("mode").Str() != "UNSET" {
					return true
				}
			}
		}
	}
	return false
}
