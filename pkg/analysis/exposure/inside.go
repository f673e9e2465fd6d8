package exposure

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// InternalIngress says why the Ingress is for inside, by its class, its scheme
// or the clients that it admits; "" if it is not.
func InternalIngress(o *manifest.Object) string {
	name := strings.ToLower(route.Class(o).Str())
	a := o.Annotations()
	scheme := a.At("alb.ingress.kubernetes.io/scheme").Str()
	switch {
	case namedInternal(name):
		return "its class is " + name
	case scheme == "internal", name == "alb" && scheme == "":
		return "its load balancer is internal"
	case a.At("appgw.ingress.kubernetes.io/use-private-ip").IsTrue():
		return "its gateway has a private address"
	}
	for _, key := range [...]string{"nginx.ingress.kubernetes.io/whitelist-source-range", "nginx.ingress.kubernetes.io/allowlist-source-range", "haproxy.org/allow-list"} {
		if ranges := a.At(key).Str(); ranges != "" && !anybody(strings.Split(ranges, ",")) {
			return "it admits " + ranges + " only"
		}
	}
	return ""
}

// InternalGateway says why a Gateway of the Gateway API is for inside, "" if it
// is not.
func InternalGateway(o *manifest.Object) string {
	name := strings.ToLower(o.At("spec", "gatewayClassName").Str())
	switch {
	case namedInternal(name), strings.Contains(name, "waypoint"), strings.Contains(name, "-rilb"):
		return "its class is " + name
	case o.At("spec", "addresses", 0, "type").Str() == "ClusterIP", o.Annotations().At("networking.istio.io/service-type").Str() == "ClusterIP",
		o.At("spec", "infrastructure", "annotations", "networking.istio.io/service-type").Str() == "ClusterIP":
		return "its address is one of the cluster"
	}
	return ""
}

func namedInternal(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "internal") || strings.Contains(name, "private") || strings.Contains(name, "intranet")
}

// InternalService says why a load balancer does not answer everyone: an
// annotation gives it an address that the internet does not reach, or it admits
// some ranges only. "" if it does.
func InternalService(o *manifest.Object) string {
	if internalAddress(o.Annotations()) {
		return "its address is internal"
	}
	ranges := o.At("spec", "loadBalancerSourceRanges").Strings()
	if s := o.Annotations().At("service.beta.kubernetes.io/load-balancer-source-ranges").Str(); s != "" && len(ranges) == 0 {
		ranges = strings.Split(s, ",")
	}
	if len(ranges) > 0 && !anybody(ranges) {
		return "it admits " + strings.Join(ranges, ", ") + " only"
	}
	return ""
}

func anybody(ranges []string) bool {
	return slices.ContainsFunc(ranges, func(s string) bool { return netpol.AnyAddress(strings.TrimSpace(s)) })
}

// internalAddress reports whether an annotation asks a cloud for an address that
// the internet does not reach, or MetalLB for one of a named pool.
func internalAddress(annotations manifest.Place) bool {
	for key, a := range annotations.Entries() {
		value := strings.ToLower(a.Str())
		switch key {
		case "service.beta.kubernetes.io/aws-load-balancer-internal":
			if value != "" && value != "false" { // older controllers took a range
				return true
			}
		case "service.beta.kubernetes.io/azure-load-balancer-internal", "service.beta.kubernetes.io/oci-load-balancer-internal",
			"service.beta.kubernetes.io/openstack-internal-load-balancer", "oci-network-load-balancer.oraclecloud.com/internal":
			if value == "true" {
				return true
			}
		case "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", "service.beta.kubernetes.io/alicloud-loadbalancer-address-type":
			if value == "intranet" {
				return true
			}
		case "metallb.universe.tf/address-pool", "metallb.io/address-pool":
			if value != "" {
				return true
			}
		default:
			// The scheme or type of AWS, Google and their like.
			if strings.Contains(key, "load-balancer") && value == "internal" {
				return true
			}
		}
	}
	return false
}
