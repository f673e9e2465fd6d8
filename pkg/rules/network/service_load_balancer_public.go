package network

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ServiceLoadBalancerPublic reports Services that a load balancer opens to
// everyone.
var ServiceLoadBalancerPublic = &rule.Rule{
	Meta: rule.Meta{
		ID: "service-load-balancer-public", Severity: result.Medium, Since: "0.1",
		Title: "Load balancer opens the Service to everyone",
		Why: `Without an internal load balancer or source ranges, clouds give the Service a
public address that answers the whole internet, beside the ingress with its
TLS, firewall and log.`,
		Fix: "set spec.loadBalancerSourceRanges, or the cloud's annotation for an internal load balancer",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/service/#internal-load-balancer",
			"https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/",
		},
	},
	On: rule.Kinds("", "Service"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		at := o.At("spec", "type")
		if at.Str() != "LoadBalancer" || internal(o.Annotations()) {
			return
		}
		ranges := o.At("spec", "loadBalancerSourceRanges").Strings()
		if s := o.Annotations().At("service.beta.kubernetes.io/load-balancer-source-ranges").Str(); s != "" && len(ranges) == 0 {
			ranges = strings.Split(strings.ReplaceAll(s, " ", ""), ",")
		}
		if len(ranges) == 0 || slices.ContainsFunc(ranges, netpol.AnyAddress) {
			p.Report(at, "%s has a load balancer that answers everyone: neither source ranges nor an internal address limit it", o)
		}
	},
}

// internal reports whether an annotation asks a cloud for an address that the
// internet does not reach, or MetalLB for one of a named pool.
func internal(annotations manifest.Place) bool {
	for key, a := range annotations.Entries() {
		value := strings.ToLower(a.Str())
		switch key {
		case "service.beta.kubernetes.io/aws-load-balancer-scheme", "networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type":
			if value == "internal" {
				return true
			}
		case "service.beta.kubernetes.io/aws-load-balancer-internal":
			if value != "" && value != "false" { // older controllers took a range
				return true
			}
		case "service.beta.kubernetes.io/azure-load-balancer-internal", "service.beta.kubernetes.io/oci-load-balancer-internal",
			"oci-network-load-balancer.oraclecloud.com/internal":
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
		}
	}
	return false
}
