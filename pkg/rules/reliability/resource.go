package reliability

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// RequestParams are the parameters of rules about requests.
type RequestParams struct {
	// FromLimit takes an absent request from the limit, as the API server does.
	// Else every request must be written.
	FromLimit bool `yaml:"fromLimit"`
}

func requestParams() any { return &RequestParams{FromLimit: true} }

// reportUnset reports the containers for which neither they nor a default give
// the resource. list is "requests" or "limits". The API allows no resources on
// ephemeral containers.
func reportUnset(p *rule.Pass, list, resource, consequence string) {
	for _, pod := range p.Index.Pods() {
		for c := range pod.Containers(manifest.Init, manifest.Main) {
			at := p.Index.Resource(pod, c, list, resource)
			if params, ok := p.Params.(*RequestParams); ok && !params.FromLimit && list == "requests" && c.At("resources", "limits", resource).Exists() {
				at = c.At("resources", "requests", resource)
			}
			if at.Exists() || list == "requests" && reservedByMain(p.Index, pod, c, resource) {
				continue
			}
			p.Report(at, "container %q sets no %s %s: %s", c.Name, resource, strings.TrimSuffix(list, "s"), consequence)
		}
	}
}

// reservedByMain reports whether c runs before the main containers in what the
// pod reserves for them.
func reservedByMain(x *index.Index, pod manifest.Pod, c manifest.Container, resource string) bool {
	if c.Kind != manifest.Init || c.Sidecar() {
		return false
	}
	for main := range pod.Containers(manifest.Main) {
		if q, ok := x.Resource(pod, main, "requests", resource).Quantity(); ok && q.Sign() > 0 {
			return true
		}
	}
	return false
}
