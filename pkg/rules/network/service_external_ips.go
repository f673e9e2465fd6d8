package network

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ServiceExternalIps reports Services that claim addresses.
var ServiceExternalIps = &rule.Rule{
	Meta: rule.Meta{
		ID: "service-external-ips", Severity: result.High, Since: "0.1",
		Title: "Service claims external addresses",
		Why: `Every node sends what goes to an external IP of a Service to that Service: it
takes over connections to any address, the API server's and the DNS server's
included (CVE-2020-8554). There is no fix, and the field is deprecated.`,
		Fix: "remove spec.externalIPs and use a load balancer or a Gateway",
		Refs: []string{
			"https://github.com/kubernetes/kubernetes/issues/97076",
			"https://kubernetes.io/docs/concepts/services-networking/service/#external-ips",
		},
	},
	On: rule.Kinds("", "Service"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		allowed := p.Params.(*ExternalIPParams).Allowed
		for ip := range o.At("spec", "externalIPs").Items() {
			if !within(ip.Str(), allowed) {
				p.Add(rule.Problem{
					At: ip, Evidence: ip.Str(),
					Message: fmt.Sprintf("%s claims the address %s: every node sends its traffic there", o, ip.Str()),
				})
			}
		}
	},
	Params: func() any { return &ExternalIPParams{Allowed: []string{}} },
}

// ExternalIPParams are the parameters of service-external-ips.
type ExternalIPParams struct {
	// Allowed are ranges of addresses that Services may claim.
	Allowed []string `yaml:"allowed"`
}

func within(ip string, ranges []string) bool {
	addr, err := netip.ParseAddr(ip)
	return err == nil && slices.ContainsFunc(ranges, func(r string) bool {
		prefix, err := netip.ParsePrefix(r)
		return err == nil && prefix.Contains(addr)
	})
}
