package netpol

import "slices"

// portsAt are the rule's ports, the named ones as the target has them.
func (k *rule) portsAt(r *Reach, target int) Ports {
	out := k.ports
	if target < 0 {
		return out
	}
	for _, name := range k.named {
		for _, n := range r.endpoints[target].named[name] {
			out = out.Or(PortsOf(name.protocol, n, n))
		}
	}
	return out
}

// matches says whether the rule speaks of a peer, seen from a selected pod.
func (k *rule) matches(subject int, peer Peer) truth {
	own := yes
	if k.localKeep {
		if own = k.own.of(subject); own == no {
			return no
		}
	}
	switch {
	case peer.Class != nil && !peer.Class.Host:
		return and(own, k.reach.of(peer.Class.id))
	case peer.Class != nil, peer.Nodes:
		return and(own, k.matchesNodes())
	}
	if slices.ContainsFunc(k.exclude, func(n network) bool { return n.has(peer.Addr) }) {
		return no
	}
	t := k.world
	if k.any || slices.ContainsFunc(k.networks, func(n network) bool { return n.has(peer.Addr) }) {
		t = yes
	}
	return and(own, t)
}

func (k *rule) matchesNodes() truth {
	if slices.ContainsFunc(k.exclude, network.nodes) {
		return no
	}
	if k.any || !k.strict && slices.ContainsFunc(k.networks, network.nodes) {
		return yes
	}
	return k.nodes
}

// resolve works out which endpoints the rule's peers are.
func (k *rule) resolve(t *table) {
	k.reach = t.any(k.peers)
	if k.any || !k.strict && slices.ContainsFunc(k.networks, network.whole) {
		k.reach = t.extent(everyonePod)
	}
	if slices.ContainsFunc(k.exclude, network.whole) {
		k.reach = extent{}
	}
	if k.localKeep {
		k.own = t.any(k.local)
	}
}

var everyonePod = everyone("")
