package network

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// anywhere reports whether an egress rule of any kind of policy names no
// destination, or all addresses without leaving out the private ones, and
// where it does.
func anywhere(r manifest.Place) (at manifest.Place, ok bool) {
	switch r.Object().Key.Group() {
	case "networking.k8s.io":
		if r.At("to").Len() == 0 {
			return r, true
		}
		for peer := range r.At("to").Items() {
			if block := peer.At("ipBlock"); wholeRange(block) {
				return block.At("cidr"), true
			}
		}
	case "cilium.io":
		for entity := range r.At("toEntities").Items() {
			if entity.Str() == "all" {
				return entity, true
			}
		}
		for cidr := range r.At("toCIDR").Items() {
			if netpol.AnyAddress(cidr.Str()) {
				return cidr, true
			}
		}
		for set := range r.At("toCIDRSet").Items() {
			if wholeRange(set) {
				return set.At("cidr"), true
			}
		}
	case "policy.networking.k8s.io":
		if a := r.At("action").Str(); a != "Allow" && a != "Accept" {
			return at, false
		}
		for peer := range r.At("to").Items() {
			for cidr := range peer.At("networks").Items() {
				if netpol.AnyAddress(cidr.Str()) {
					return cidr, true
				}
			}
		}
	default: // Calico
		if r.At("action").Str() != "Allow" {
			return at, false
		}
		to := r.At("destination")
		for cidr := range to.At("nets").Items() {
			if netpol.AnyAddress(cidr.Str()) {
				return cidr, !to.At("notNets").Exists()
			}
		}
		for field := range to.Entries() {
			if field != "ports" {
				return at, false
			}
		}
		return r, true
	}
	return at, false
}

// wholeRange reports whether a block of addresses is all of them, the private
// ones included.
func wholeRange(block manifest.Place) bool {
	except := block.At("except").Strings()
	switch block.At("cidr").Str() {
	case "0.0.0.0/0":
		return !slices.Contains(except, "10.0.0.0/8") || !slices.Contains(except, "172.16.0.0/12") || !slices.Contains(except, "192.168.0.0/16")
	case "::/0":
		return !slices.Contains(except, "fc00::/7") && !slices.Contains(except, "fd00::/8")
	}
	return false
}
