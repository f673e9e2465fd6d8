package ingress

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

var ingresses = rule.Kinds("networking.k8s.io", "Ingress")

const gatewayGroup = "gateway.networking.k8s.io"

// hostCovers reports whether a host as TLS entries, certificates and listeners
// write it covers a name: "*.example.org" covers one label more.
func hostCovers(pattern, name string) bool {
	if strings.EqualFold(pattern, name) {
		return true
	}
	rest, ok := strings.CutPrefix(pattern, "*.")
	if !ok {
		return false
	}
	_, domain, ok := strings.Cut(name, ".")
	return ok && strings.EqualFold(rest, domain)
}

// class is the Ingress' class.
func class(o *manifest.Object) manifest.Place { return route.Class(o) }
