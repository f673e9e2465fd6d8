package network

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PolicyReachesMetadataEndpoint reports workloads whose egress policies leave
// the cloud's metadata service open.
var PolicyReachesMetadataEndpoint = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-reaches-metadata-endpoint", Severity: result.Medium, Since: "0.1",
		Title: "Egress policy leaves the metadata service open",
		Why: `At 169.254.169.254 a cloud gives whoever asks the node's credentials. A request
forged through an application is enough, and the node may often read images,
volumes and secrets of all others.`,
		Fix: "except 169.254.169.254/32 (and fd00:ec2::254/128) in the block, or name the destinations that are needed",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Params: func() any { return &MetadataParams{} },
	Universe: func(p *rule.Pass) {
		r := p.Reach()
		for _, v := range reachedThrough(r, func(c *netpol.Class) (netpol.Peer, netpol.Ports, string) {
			for _, a := range netpol.MetadataAddrs() {
				peer := netpol.Peer{Addr: a}
				if open := r.Out(c, peer, netpol.Surely).And(netpol.PortsOf(netpol.TCP, 80, 80)); !open.Empty() {
					return peer, open, a.String()
				}
			}
			return netpol.Peer{}, netpol.Ports{}, ""
		}) {
			p.Add(rule.Problem{
				At: v.at, Evidence: v.what, Related: seePods(v.pods, "%s is selected"),
				Message: fmt.Sprintf("%s can reach %s through %s: the node's credentials are there for the asking", who(v.pods), v.what, v.through()),
			})
		}
		namesMetadata(p)
		if p.Params.(*MetadataParams).Cloud == "" {
			return
		}
		for _, c := range r.Classes {
			if len(c.Pods) == 0 || c.Host || r.Isolated(c, netpol.Egress) {
				continue
			}
			for _, pod := range c.Pods {
				p.Report(pod.Object.At("metadata", "name"), "%s can reach 169.254.169.254, as no policy limits where it connects: the node's credentials are there for the asking", pod.Object)
			}
		}
	},
}

// MetadataParams are the parameters of policy-reaches-metadata-endpoint.
type MetadataParams struct {
	// Cloud names the cloud that the cluster runs on; with any, workloads that
	// no egress policy selects are reported, too.
	Cloud string `yaml:"cloud"`
}

// namesMetadata looks for the service's names among domain names that are
// allowed.
func namesMetadata(p *rule.Pass) {
	names := map[string]bool{"metadata.google.internal": true, "metadata.google.internal.": true, "metadata": true, "instance-data": true}
	for _, policy := range netpol.All(p.Index) {
		for r := range policy.Rules(netpol.Egress) {
			report := func(at manifest.Place) {
				if names[at.Str()] {
					p.Report(at, "%s allows %q by name: the node's credentials are there for the asking", policy.Object, at.Str())
				}
			}
			for f := range r.At("toFQDNs").Items() {
				report(f.At("matchName"))
			}
			if a := r.At("action").Str(); a == "Allow" || a == "Accept" {
				for d := range r.At("destination", "domains").Items() {
					report(d)
				}
				for peer := range r.At("to").Items() {
					for d := range peer.At("domainNames").Items() {
						report(d)
					}
				}
			}
		}
	}
}
