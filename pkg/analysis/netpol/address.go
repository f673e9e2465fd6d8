package netpol

import (
	"net/netip"
	"slices"
)

// network is a block of addresses without some smaller ones.
type network struct {
	block  netip.Prefix
	except []netip.Prefix
}

func (n network) has(a netip.Addr) bool {
	return n.block.Contains(a) && !slices.ContainsFunc(n.except, func(p netip.Prefix) bool { return p.Contains(a) })
}

// The blocks that pods and nodes get their addresses from, mostly.
var privateBlocks = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
}

// special are blocks of addresses that are not of the internet. They also part
// the outside, so that no part is half of it.
var special = slices.Concat(privateBlocks, []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("224.0.0.0/3"), netip.MustParsePrefix("::/3"), netip.MustParsePrefix("4000::/2"), netip.MustParsePrefix("8000::/1"),
})

// Public reports whether the address is one of the internet.
func Public(a netip.Addr) bool {
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}

// whole reports whether the block is every address of IPv4, the private ones
// included: then it is those of pods, too. A smaller block is taken to be about
// the outside, as the API advises, since pods' addresses change.
func (n network) whole() bool {
	return n.block.Bits() == 0 && n.block.Addr().Is4() && !slices.ContainsFunc(privateBlocks, n.lacks)
}

func (n network) lacks(block netip.Prefix) bool {
	return slices.ContainsFunc(n.except, func(p netip.Prefix) bool { return p.Bits() <= block.Bits() && p.Contains(block.Addr()) })
}

// nodes reports whether one of the private blocks is in it whole, so that it is
// wider than the ranges of pods and Services and holds the nodes' addresses.
func (n network) nodes() bool {
	return slices.ContainsFunc(privateBlocks, func(b netip.Prefix) bool {
		return n.block.Bits() <= b.Bits() && n.block.Contains(b.Addr()) && !n.lacks(b)
	})
}

// readNetwork reads a block; ok is false if it is none.
func readNetwork(cidr string, except []string) (n network, ok bool) {
	p, err := readPrefix(cidr)
	if err != nil {
		return n, false
	}
	n.block = p
	for _, e := range except {
		if p, err := readPrefix(e); err == nil {
			n.except = append(n.except, p)
		} else {
			return n, false
		}
	}
	return n, true
}

// readPrefix takes a single address, too, as Calico and Cilium do.
func readPrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}

// Range is a part of the outside whose addresses no policy tells apart; Addr
// stands for all of them.
type Range struct {
	Addr netip.Addr
	Last netip.Addr
}

// ranges parts all addresses at the ends of the blocks.
func ranges(blocks []netip.Prefix) []Range {
	blocks = append(slices.Clone(blocks), special...)
	blocks = append(blocks, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))
	var starts []netip.Addr
	for _, b := range blocks {
		starts = append(starts, b.Addr())
		if next := lastOf(b).Next(); next.IsValid() {
			starts = append(starts, next)
		}
	}
	slices.SortFunc(starts, netip.Addr.Compare)
	starts = slices.Compact(starts)
	out := make([]Range, len(starts))
	for i, a := range starts {
		out[i].Addr = a
		if i+1 < len(starts) && starts[i+1].BitLen() == a.BitLen() {
			out[i].Last = starts[i+1].Prev()
		} else {
			out[i].Last = lastOf(netip.PrefixFrom(a, 0).Masked())
		}
	}
	return out
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// Holds reports whether a text is a block of addresses that the peer's address
// is in, or, for nodes, one that is wide enough to hold theirs.
func Holds(cidr string, peer Peer) bool {
	n, ok := readNetwork(cidr, nil)
	switch {
	case !ok:
		return false
	case peer.Nodes:
		return n.nodes()
	}
	return peer.Addr.IsValid() && n.has(peer.Addr)
}
