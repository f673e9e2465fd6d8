package network

import "github.com/kustoms-dev/kustoms/pkg/manifest"

// portPlaces are the ports that a policy's rule of any kind lists, in either
// direction; ranges too.
func portPlaces(r manifest.Place) []manifest.Place {
	var out []manifest.Place
	for port := range r.At("ports").Items() {
		for _, at := range [...]manifest.Place{port.At("port"), port.At("portNumber", "port"), port.At("namedPort"), port.At("portRange")} {
			if at.Exists() {
				out = append(out, at)
			}
		}
		if port.Len() == 0 || !port.At("port").Exists() && port.At("protocol").Exists() {
			out = append(out, port) // every port of a protocol
		}
	}
	for list := range r.At("toPorts").Items() {
		for port := range list.At("ports").Items() {
			out = append(out, port.At("port"))
		}
	}
	for port := range r.At("destination", "ports").Items() {
		out = append(out, port)
	}
	return out
}

// rulePorts are the ports as written; a range of ports, or all of a protocol,
// is "".
func rulePorts(r manifest.Place) []string {
	var out []string
	for _, at := range portPlaces(r) {
		text := at.Str()
		if ranged(r, at) {
			text = ""
		}
		out = append(out, text)
	}
	return out
}

// ranged reports whether a port of the rule is the start of a range.
func ranged(r, port manifest.Place) bool {
	for p := range r.At("ports").Items() {
		if p.At("port").Node() == port.Node() && p.At("endPort").Exists() {
			return true
		}
	}
	for list := range r.At("toPorts").Items() {
		for p := range list.At("ports").Items() {
			if p.At("port").Node() == port.Node() && p.At("endPort").Exists() {
				return true
			}
		}
	}
	return false
}
