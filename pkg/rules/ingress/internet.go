package ingress

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// internalClass reports whether the Ingress is for inside: its class or scheme
// says so.
func internalClass(o *manifest.Object) bool {
	name := strings.ToLower(class(o).Str())
	return strings.Contains(name, "internal") || strings.Contains(name, "private") || strings.Contains(name, "intranet") ||
		o.Annotations().At("alb.ingress.kubernetes.io/scheme").Str() == "internal" ||
		name == "alb" && o.Annotations().At("alb.ingress.kubernetes.io/scheme").Str() == "" || // internal unless it says otherwise
		name == "gce-internal" || yes(o.Annotations().At("appgw.ingress.kubernetes.io/use-private-ip")) ||
		nginx(o, "whitelist-source-range").Str() != "" && nginx(o, "whitelist-source-range").Str() != "0.0.0.0/0"
}

func internalGateway(o *manifest.Object) bool {
	name := strings.ToLower(o.At("spec", "gatewayClassName").Str())
	return strings.Contains(name, "internal") || strings.Contains(name, "private") || strings.Contains(name, "waypoint") || strings.Contains(name, "-rilb") ||
		o.At("spec", "addresses", 0, "type").Str() == "ClusterIP" || o.Annotations().At("networking.istio.io/service-type").Str() == "ClusterIP"
}

// internalLoadBalancer reports whether the Service limits who may come.
func internalLoadBalancer(o *manifest.Object) bool {
	for name, v := range o.Annotations().Entries() {
		value := strings.ToLower(v.Str())
		if strings.Contains(name, "load-balancer") && (value == "internal" || strings.HasSuffix(name, "-internal") && value != "false") {
			return true
		}
	}
	for _, r := range o.At("spec", "loadBalancerSourceRanges").Strings() {
		if r == "0.0.0.0/0" {
			return false
		}
	}
	return o.At("spec", "loadBalancerSourceRanges").Len() > 0
}

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
