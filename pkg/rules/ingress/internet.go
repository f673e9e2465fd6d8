package ingress

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// servesWeb reports whether a port of the Service is one of HTTP.
func servesWeb(o *manifest.Object) bool {
	for p := range o.At("spec", "ports").Items() {
		switch p.At("port").Str() {
		case "80", "443", "8080", "8443":
			return true
		}
		if strings.HasPrefix(p.At("appProtocol").Str(), "http") {
			return true
		}
	}
	return false
}

// controllerService reports whether the Service leads to what serves routes:
// those are judged.
func controllerService(x *index.Index, o *manifest.Object) bool {
	for _, pod := range route.Pods(x, o) {
		for c := range pod.Containers(manifest.Main) {
			image := strings.ToLower(c.At("image").Str())
			for _, name := range [...]string{"ingress", "gateway", "traefik", "envoy", "contour", "haproxy", "kong", "apisix", "istio/proxyv2"} {
				if strings.Contains(image, name) {
					return true
				}
			}
			if pod.Injected(c) {
				return true
			}
		}
	}
	return false
}
