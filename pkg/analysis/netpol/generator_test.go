package netpol

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

var (
	probes    = []int{0, 80, 443, 7999, 8000, 8080, 8100, 8101, 9000}
	addresses = []string{"1.1.1.1", "8.8.8.8", "8.8.4.4", "169.254.169.254", "172.32.0.1", "2001:db8::1"}
	cidrs     = []any{"0.0.0.0/0", "8.8.0.0/16", "8.8.8.0/24", "1.1.1.1/32", "169.254.0.0/16", "2001:db8::/32", "172.32.0.0/16"}
)

// generator makes random universes small enough that rules meet.
type generator struct {
	*rand.Rand
	w *world
}

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) world(kind int) *world {
	w := g.w
	w.nsLabels = map[string]map[string]string{}
	for _, ns := range []string{"a", "b", "c"} {
		w.nsLabels[ns] = map[string]string{"kubernetes.io/metadata.name": ns, "team": pick(g, "x", "y")}
	}
	for i := range 3 + g.IntN(3) {
		p := opod{ns: pick(g, "a", "b", "c"), name: fmt.Sprint("p", i), account: pick(g, "default", "robot"), labels: map[string]string{"app": pick(g, "web", "db")}, named: map[string]int{}}
		if g.chance(50) {
			p.labels["tier"] = pick(g, "1", "2")
		}
		if g.chance(60) {
			p.named["TCP/http"] = pick(g, 80, 8080)
		}
		if g.chance(30) {
			p.named["UDP/http"] = 9000
		}
		w.pods = append(w.pods, p)
	}
	for i := range 1 + g.IntN(3) {
		g.core(i)
	}
	switch kind {
	case 1:
		for i := range 1 + g.IntN(4) {
			g.admin(i)
		}
	case 2:
		g.calicoWorld()
		if g.chance(30) {
			g.admin(0)
		}
	case 3:
		for i := range 1 + g.IntN(4) {
			g.cilium(i)
		}
	}
	return w
}

func (g *generator) add(api, kind, name, ns string, spec m) {
	meta := m{"name": name}
	if ns != "" {
		meta["namespace"] = ns
	}
	g.w.policies = append(g.w.policies, m{"apiVersion": api, "kind": kind, "metadata": meta, "spec": spec})
}

func (g *generator) selector(prefix string) m {
	out := m{}
	if g.chance(30) {
		return out
	}
	if g.chance(60) {
		out["matchLabels"] = m{prefix + "app": pick(g, "web", "db", "none")}
	}
	if g.chance(50) {
		e := m{"key": prefix + "tier", "operator": pick(g, "In", "NotIn", "Exists", "DoesNotExist")}
		if op := str(e["operator"]); op == "In" || op == "NotIn" {
			e["values"] = []any{pick(g, "1", "2")}
		}
		out["matchExpressions"] = []any{e}
	}
	return out
}

func (g *generator) nsSelector() m {
	switch g.IntN(3) {
	case 0:
		return m{}
	case 1:
		return m{"matchLabels": m{"team": pick(g, "x", "y")}}
	}
	return m{"matchExpressions": []any{m{"key": "kubernetes.io/metadata.name", "operator": pick(g, "In", "NotIn"), "values": []any{pick(g, "a", "b")}}}}
}

func (g *generator) several(most int, f func() any) []any {
	var out []any
	for range g.IntN(most + 1) {
		out = append(out, f())
	}
	return out
}

func (g *generator) core(i int) {
	spec := m{"podSelector": g.selector("")}
	if g.chance(60) {
		spec["policyTypes"] = pick(g, []any{"Ingress"}, []any{"Egress"}, []any{"Ingress", "Egress"})
	}
	for _, dir := range []string{"ingress", "egress"} {
		if g.chance(35) {
			continue
		}
		spec[dir] = g.several(2, func() any {
			r := m{}
			if g.chance(85) {
				r[map[string]string{"ingress": "from", "egress": "to"}[dir]] = g.several(2, func() any {
					if g.chance(30) {
						b := m{"cidr": pick(g, cidrs...)}
						if b["cidr"] == "0.0.0.0/0" && g.chance(50) {
							b["except"] = []any{pick(g, "8.8.0.0/16", "10.0.0.0/8", "169.254.169.254/32")}
						}
						return m{"ipBlock": b}
					}
					p := m{}
					if g.chance(60) {
						p["namespaceSelector"] = g.nsSelector()
					}
					if len(p) == 0 || g.chance(60) {
						p["podSelector"] = g.selector("")
					}
					return p
				})
			}
			if g.chance(60) {
				r["ports"] = g.several(2, func() any {
					p := m{}
					if g.chance(60) {
						p["protocol"] = pick(g, "TCP", "UDP", "SCTP")
					}
					switch g.IntN(4) {
					case 0:
						p["port"] = "http"
					case 1:
						p["port"], p["endPort"] = 8000, 8100
					case 2:
						p["port"] = pick(g, 80, 8080, 443)
					}
					return p
				})
			}
			return r
		})
	}
	g.add("networking.k8s.io/v1", "NetworkPolicy", fmt.Sprint("np", i), pick(g, "a", "b", "c"), spec)
}

func (g *generator) admin(i int) {
	spec := m{}
	if g.chance(50) {
		spec["subject"] = m{"namespaces": g.nsSelector()}
	} else {
		spec["subject"] = m{"pods": m{"namespaceSelector": g.nsSelector(), "podSelector": g.selector("")}}
	}
	kind, actions := "AdminNetworkPolicy", []string{"Allow", "Deny", "Pass"}
	if i == 3 {
		kind, actions = "BaselineAdminNetworkPolicy", actions[:2]
	} else {
		spec["priority"] = i*10 + g.IntN(10)
	}
	for _, dir := range []string{"ingress", "egress"} {
		spec[dir] = g.several(3, func() any {
			r := m{"action": pick(g, actions...)}
			peer := func() any {
				if dir == "egress" && g.chance(30) {
					return m{"networks": []any{pick(g, cidrs...)}}
				}
				if g.chance(50) {
					return m{"namespaces": g.nsSelector()}
				}
				return m{"pods": m{"namespaceSelector": g.nsSelector(), "podSelector": g.selector("")}}
			}
			r[map[string]string{"ingress": "from", "egress": "to"}[dir]] = []any{peer()}
			if g.chance(50) {
				r["ports"] = []any{pick(g, m{"portNumber": m{"protocol": "TCP", "port": 80}}, m{"portRange": m{"protocol": "UDP", "start": 8000, "end": 9000}}, m{"namedPort": "http"})}
			}
			return r
		})
	}
	g.add("policy.networking.k8s.io/v1alpha1", kind, fmt.Sprint("anp", i), "", spec)
}

// expression makes a Calico selector and what it means.
func (g *generator) expression(keys map[string][]string, depth int) string {
	type get = func(string) (string, bool)
	var text string
	var f func(get) bool
	key := pick(g, slices.Sorted(func(yield func(string) bool) {
		for k := range keys {
			if !yield(k) {
				return
			}
		}
	})...)
	value := pick(g, keys[key]...)
	switch n := g.IntN(9); {
	case n == 0:
		text, f = "all()", func(get) bool { return true }
	case n == 1:
		text, f = "has("+key+")", func(l get) bool { _, ok := l(key); return ok }
	case n == 2:
		text, f = key+" != '"+value+"'", func(l get) bool { v, ok := l(key); return !ok || v != value }
	case n == 3:
		text, f = key+" in {'"+value+"', 'zz'}", func(l get) bool { v, ok := l(key); return ok && v == value }
	case n == 4:
		text, f = key+" not in {\""+value+"\"}", func(l get) bool { v, ok := l(key); return !ok || v != value }
	case n == 5:
		text, f = key+" starts with '"+value[:1]+"'", func(l get) bool { v, ok := l(key); return ok && strings.HasPrefix(v, value[:1]) }
	case n == 6 && depth > 0:
		a := g.expression(keys, depth-1)
		fa := g.w.calico[a]
		text, f = "!("+a+")", func(l get) bool { return !fa(l) }
	case n >= 7 && depth > 0:
		a, b := g.expression(keys, depth-1), g.expression(keys, depth-1)
		fa, fb := g.w.calico[a], g.w.calico[b]
		text, f = "("+a+") && ("+b+")", func(l get) bool { return fa(l) && fb(l) }
		if n == 8 {
			text, f = "("+a+") || ("+b+")", func(l get) bool { return fa(l) || fb(l) }
		}
	default:
		text, f = key+" == '"+value+"'", func(l get) bool { v, ok := l(key); return ok && v == value }
	}
	g.w.calico[text] = f
	return text
}

var (
	podKeys = map[string][]string{"app": {"web", "db"}, "tier": {"1", "2"}, "projectcalico.org/namespace": {"a", "b"}}
	nsKeys  = map[string][]string{"team": {"x", "y"}, "projectcalico.org/name": {"a", "b", "c"}}
)

func (g *generator) calicoWorld() {
	tiers := []string{"", "default"}
	for i, order := range []int{100, 5000} {
		if g.chance(50) {
			name := fmt.Sprint("tier", i)
			tiers = append(tiers, name)
			g.add("projectcalico.org/v3", "Tier", name, "", m{"order": order})
		}
	}
	for i := range 1 + g.IntN(4) {
		spec := m{"order": i*700 + g.IntN(600), "types": pick(g, []any{"Ingress"}, []any{"Egress"}, []any{"Ingress", "Egress"})}
		if t := pick(g, tiers...); t != "" {
			spec["tier"] = t
		}
		if g.chance(80) {
			spec["selector"] = g.expression(podKeys, 2)
		}
		kind, ns := "NetworkPolicy", pick(g, "a", "b", "c")
		if g.chance(50) {
			kind, ns = "GlobalNetworkPolicy", ""
			if g.chance(40) {
				spec["namespaceSelector"] = g.expression(nsKeys, 1)
			}
		}
		for _, dir := range []string{"ingress", "egress"} {
			spec[dir] = g.several(3, func() any { return g.calicoRule() })
		}
		g.add("projectcalico.org/v3", kind, fmt.Sprint("cal", i), ns, spec)
	}
}

func (g *generator) calicoRule() m {
	r := m{"action": pick(g, "Allow", "Deny", "Pass", "Log", "Allow")}
	to := m{}
	if g.chance(60) {
		r["protocol"] = pick(g, "TCP", "UDP")
		if g.chance(60) {
			to["ports"] = []any{pick[any](g, 80, "8000:8100", "http", 443)}
		}
		if g.chance(20) && to["ports"] == nil {
			to["notPorts"] = []any{pick[any](g, 80, "8000:8100")}
		}
	} else if g.chance(30) {
		r["notProtocol"] = pick(g, "TCP", "UDP")
	}
	entity := func(e m) m {
		switch g.IntN(6) {
		case 0:
			e["nets"] = []any{pick(g, cidrs...)}
			if g.chance(30) {
				e["notNets"] = []any{pick(g, cidrs[1:]...)}
			}
		case 1:
			e["selector"] = g.expression(podKeys, 1)
		case 2:
			e["selector"], e["namespaceSelector"] = g.expression(podKeys, 1), g.expression(nsKeys, 1)
		case 3:
			e["notSelector"] = g.expression(podKeys, 1)
		case 4:
			e["serviceAccounts"] = m{"names": []any{"robot"}}
		}
		return e
	}
	source := m{}
	// The selected pods' own side takes no addresses here: those are unknown.
	if g.chance(50) {
		entity(source)
	} else {
		entity(to)
	}
	if source["nets"] == nil && source["notNets"] == nil && len(source) > 0 {
		r["source"] = source
	}
	if to["nets"] == nil && len(to) > 0 {
		r["destination"] = to
	}
	return r
}

func (g *generator) cilium(i int) {
	spec := m{"endpointSelector": g.selector("")}
	kind, ns := "CiliumNetworkPolicy", pick(g, "a", "b", "c")
	if g.chance(40) {
		kind, ns = "CiliumClusterwideNetworkPolicy", ""
	}
	if g.chance(20) {
		spec["enableDefaultDeny"] = m{"ingress": g.chance(50), "egress": g.chance(50)}
	}
	for _, dir := range []string{"ingress", "egress", "ingressDeny", "egressDeny"} {
		if strings.HasSuffix(dir, "Deny") && g.chance(60) {
			continue
		}
		field := "from"
		if strings.HasPrefix(dir, "egress") {
			field = "to"
		}
		spec[dir] = g.several(2, func() any {
			r := m{}
			switch g.IntN(5) {
			case 0:
				r[field+"Endpoints"] = []any{g.selector("k8s:")}
			case 1:
				r[field+"Endpoints"] = []any{m{"matchLabels": m{"k8s:io.kubernetes.pod.namespace": pick(g, "a", "b")}}, m{"matchLabels": m{"io.cilium.k8s.namespace.labels.team": "x"}}}
			case 2:
				r[field+"Entities"] = []any{pick(g, "all", "world", "cluster", "none")}
			case 3:
				r[field+"CIDR"] = []any{pick(g, cidrs...)}
			case 4:
				r[field+"CIDRSet"] = []any{m{"cidr": "0.0.0.0/0", "except": []any{"8.8.0.0/16"}}}
			}
			if g.chance(10) {
				r = m{}
			}
			if g.chance(50) {
				r["toPorts"] = []any{m{"ports": []any{pick(g, m{"port": "80", "protocol": "TCP"}, m{"port": "8000", "endPort": 8100, "protocol": "ANY"}, m{"port": "http"}, m{"port": "0", "protocol": "UDP"})}}}
			}
			return r
		})
	}
	g.add("cilium.io/v2", kind, fmt.Sprint("cil", i), ns, spec)
}
