package ingress

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// wafEverywhere reports whether a firewall stands before every route of the
// target: the controller's, or one in Istio's ingress gateway.
func wafEverywhere(x *index.Index) bool {
	for _, c := range controllerConfigs(x) {
		if yes(c.At("data", "enable-modsecurity")) {
			return true
		}
	}
	for _, wasm := range x.Kind("extensions.istio.io", "WasmPlugin") {
		if strings.Contains(strings.ToLower(wasm.At("spec", "url").Str()+wasm.Key.Name), "coraza") {
			return true
		}
	}
	return len(x.Kind("appprotect.f5.com", "APPolicy")) > 0
}

// wafAnnotations switch a firewall on for a route: those of clouds, of F5's
// controller, of HAProxy's and of others, as of mid-2026.
var wafAnnotations = []string{
	"alb.ingress.kubernetes.io/wafv2-acl-arn", "alb.ingress.kubernetes.io/wafv2-acl-name",
	"alb.ingress.kubernetes.io/web-acl-id", "alb.ingress.kubernetes.io/waf-acl-id",
	"appgw.ingress.kubernetes.io/waf-policy-for-path",
	"appprotect.f5.com/app-protect-policy", "virtual-server.f5.com/waf",
	"haproxy-ingress.github.io/waf", "ingress.kubernetes.io/waf",
	"external-dns.alpha.kubernetes.io/cloudflare-proxied",
}

// cloudWAF reports whether annotations refer to a firewall.
func cloudWAF(annotations manifest.Place) bool {
	for _, name := range wafAnnotations {
		if v := annotations.At(name).Str(); v != "" && v != "false" && v != "none" {
			return true
		}
	}
	return false
}

func ingressWAF(x *index.Index, o *manifest.Object) bool {
	if cloudWAF(o.Annotations()) || yes(nginx(o, "enable-modsecurity")) || yes(o.Annotations().At("appprotect.f5.com/app-protect-enable")) {
		return true
	}
	if strings.Contains(o.Annotations().At("traefik.ingress.kubernetes.io/router.middlewares").Str(), "coraza") {
		return true
	}
	// Google's is set on the Service, by a BackendConfig.
	for _, b := range route.Backends(x, o) {
		s := x.Get("", "Service", b.Namespace, b.Name)
		if s == nil {
			continue
		}
		if name := s.Annotations().At("cloud.google.com/backend-config").Str(); name != "" && armored(x, b.Namespace, name) {
			return true
		}
	}
	return false
}

// armored reports whether a BackendConfig that the annotation names has a
// policy of Cloud Armor, or is not rendered, so that it may have.
func armored(x *index.Index, namespace, annotation string) bool {
	known := false
	for _, c := range x.Kind("cloud.google.com", "BackendConfig") {
		if x.Namespace(c) == namespace && strings.Contains(annotation, `"`+c.Key.Name+`"`) {
			known = true
			if c.At("spec", "securityPolicy", "name").Str() != "" {
				return true
			}
		}
	}
	return !known
}

func gatewayWAF(x *index.Index, o *manifest.Object) bool {
	if cloudWAF(o.Annotations()) || cloudWAF(o.At("spec", "infrastructure", "annotations")) {
		return true
	}
	for kind, fields := range map[[2]string][]any{
		{"networking.gke.io", "GCPBackendPolicy"}:                   {"spec", "default", "securityPolicy"},
		{"alb.networking.azure.io", "WebApplicationFirewallPolicy"}: {"spec", "targetRef"},
		{"gateway.envoyproxy.io", "EnvoyExtensionPolicy"}:           {"spec", "wasm"},
		{"gateway.k8s.aws", "LoadBalancerConfiguration"}:            {"spec", "wafV2"},
	} {
		for _, policy := range x.Kind(kind[0], kind[1]) {
			if policy.At(fields...).Exists() {
				return true
			}
		}
	}
	return false
}
