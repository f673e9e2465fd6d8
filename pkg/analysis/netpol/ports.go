package netpol

import (
	"fmt"
	"slices"
	"strings"
)

// Protocol is a transport protocol that has ports.
type Protocol int

// The protocols. Others, such as ICMP, are not looked at.
const (
	TCP Protocol = iota
	UDP
	SCTP
	protocols
)

func (p Protocol) String() string { return [...]string{"TCP", "UDP", "SCTP"}[p] }

const maxPort = 65535

// Interval is a range of ports, both ends included.
type Interval struct{ Lo, Hi int }

// Ports is a set of ports: for each protocol, intervals in order that neither
// overlap nor touch.
type Ports [protocols][]Interval

// AllPorts is every port of every protocol.
func AllPorts() Ports {
	var out Ports
	for p := range out {
		out[p] = []Interval{{0, maxPort}}
	}
	return out
}

// PortsOf is an interval of one protocol.
func PortsOf(p Protocol, lo, hi int) Ports {
	var out Ports
	if lo, hi = max(lo, 0), min(hi, maxPort); lo <= hi {
		out[p] = []Interval{{lo, hi}}
	}
	return out
}

// PortsNamed is a port of the protocol of the name, "TCP" if that is empty.
func PortsNamed(protocol string, port int) Ports {
	var out Ports
	for _, p := range protocolOr(protocol) {
		out = out.Or(PortsOf(p, port, port))
	}
	return out
}

// Empty reports whether no port is in the set.
func (s Ports) Empty() bool { return len(s[TCP])+len(s[UDP])+len(s[SCTP]) == 0 }

// Full reports whether every port is.
func (s Ports) Full() bool {
	for _, is := range s {
		if len(is) != 1 || is[0] != (Interval{0, maxPort}) {
			return false
		}
	}
	return true
}

// Has reports whether the port is in the set.
func (s Ports) Has(p Protocol, port int) bool {
	return slices.ContainsFunc(s[p], func(i Interval) bool { return i.Lo <= port && port <= i.Hi })
}

// Or is the union.
func (s Ports) Or(t Ports) Ports {
	var out Ports
	for p := range out {
		if len(s[p]) == 0 || len(t[p]) == 0 {
			out[p] = append(slices.Clip(s[p]), t[p]...)
			continue
		}
		all := append(slices.Clone(s[p]), t[p]...)
		slices.SortFunc(all, func(a, b Interval) int { return a.Lo - b.Lo })
		for _, i := range all {
			if n := len(out[p]); n > 0 && i.Lo <= out[p][n-1].Hi+1 {
				out[p][n-1].Hi = max(out[p][n-1].Hi, i.Hi)
				continue
			}
			out[p] = append(out[p], i)
		}
	}
	return out
}

// And is the intersection.
func (s Ports) And(t Ports) Ports {
	var out Ports
	for p := range out {
		for i, j := 0, 0; i < len(s[p]) && j < len(t[p]); {
			a, b := s[p][i], t[p][j]
			if lo, hi := max(a.Lo, b.Lo), min(a.Hi, b.Hi); lo <= hi {
				out[p] = append(out[p], Interval{lo, hi})
			}
			if a.Hi < b.Hi {
				i++
			} else {
				j++
			}
		}
	}
	return out
}

// Minus is what is in s and not in t.
func (s Ports) Minus(t Ports) Ports {
	var out Ports
	for p := range out {
		for _, a := range s[p] {
			for _, b := range t[p] {
				if b.Hi < a.Lo || b.Lo > a.Hi {
					continue
				}
				if b.Lo > a.Lo {
					out[p] = append(out[p], Interval{a.Lo, b.Lo - 1})
				}
				a.Lo = b.Hi + 1
			}
			if a.Lo <= a.Hi {
				out[p] = append(out[p], a)
			}
		}
	}
	return out
}

// String is for people: "all ports", "TCP 80, 443, 8000-8100; UDP 53", "none".
func (s Ports) String() string {
	if s.Full() {
		return "all ports"
	}
	var out []string
	for p, is := range s {
		var list []string
		for n, i := range is {
			if n == 6 {
				list = append(list, "…")
				break
			}
			switch {
			case i == Interval{0, maxPort}:
				list = append(list, "all")
			case i.Lo == i.Hi:
				list = append(list, fmt.Sprint(i.Lo))
			default:
				list = append(list, fmt.Sprintf("%d-%d", i.Lo, i.Hi))
			}
		}
		if len(list) > 0 {
			out = append(out, Protocol(p).String()+" "+strings.Join(list, ", "))
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, "; ")
}

// protocolsOf are those that a field names; every one for "" and "ANY", none
// for another that has no ports.
func protocolsOf(name string) []Protocol {
	switch strings.ToUpper(name) {
	case "TCP", "6":
		return []Protocol{TCP}
	case "UDP", "17":
		return []Protocol{UDP}
	case "SCTP", "132":
		return []Protocol{SCTP}
	case "", "ANY":
		return []Protocol{TCP, UDP, SCTP}
	}
	return nil
}
