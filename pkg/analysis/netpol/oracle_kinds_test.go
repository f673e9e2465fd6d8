package netpol

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (w *world) core(f flow, spec m, ns string) int {
	field := map[string]string{"ingress": "from", "egress": "to"}[f.dir]
	for _, r := range list(spec[f.dir]) {
		rule := obj(r)
		peer := len(list(rule[field])) == 0
		for _, x := range list(rule[field]) {
			p := obj(x)
			switch {
			case p["ipBlock"] != nil:
				b := obj(p["ipBlock"])
				peer = peer || inNet(str(b["cidr"]), list(b["except"]), f.far)
			case f.far.pod == nil:
			case p["namespaceSelector"] != nil:
				peer = peer || oSelect(obj(p["namespaceSelector"]), w.nsLabels[f.far.pod.ns]) && oSelect(obj(p["podSelector"]), f.far.pod.labels)
			default:
				peer = peer || f.far.pod.ns == ns && oSelect(obj(p["podSelector"]), f.far.pod.labels)
			}
		}
		port := len(list(rule["ports"])) == 0
		for _, x := range list(rule["ports"]) {
			p := obj(x)
			proto := str(p["protocol"])
			if proto == "" {
				proto = "TCP"
			}
			if proto != f.proto {
				continue
			}
			switch n := p["port"].(type) {
			case nil:
				port = true
			case string:
				port = port || f.isNamed(n)
			case int:
				end, ok := p["endPort"].(int)
				if !ok {
					end = n
				}
				port = port || n <= f.port && f.port <= end
			}
		}
		if peer && port {
			return oAllow
		}
	}
	return oNone
}

func ciliumLabels(w *world, p *opod) map[string]string {
	if p.cilium != nil {
		return p.cilium
	}
	out := map[string]string{"io.kubernetes.pod.namespace": p.ns, "io.cilium.k8s.policy.serviceaccount": p.account}
	for k, v := range p.labels {
		out[k] = v
	}
	for k, v := range w.nsLabels[p.ns] {
		out["io.cilium.k8s.namespace.labels."+k] = v
	}
	for k, v := range maps.Clone(out) {
		out["k8s:"+k] = v // selectors may name the source
	}
	p.cilium = out
	return out
}

func (w *world) cilium(f flow, r m, ns string) bool {
	field := map[string]string{"ingress": "from", "egress": "to"}[f.dir]
	named, peer := false, false
	if l := r[field+"Endpoints"]; l != nil {
		named = true
		for _, s := range list(l) {
			text := fmt.Sprint(s)
			own := ns == "" || strings.Contains(text, "io.kubernetes.pod.namespace") || strings.Contains(text, "namespace.labels") || f.far.pod != nil && f.far.pod.ns == ns
			peer = peer || f.far.pod != nil && own && oSelect(obj(s), ciliumLabels(w, f.far.pod))
		}
	}
	for _, e := range list(r[field+"Entities"]) {
		named = true
		peer = peer || e == "all" || e == "world" && f.far.pod == nil || e == "cluster" && f.far.pod != nil
	}
	for _, c := range list(r[field+"CIDR"]) {
		named = true
		peer = peer || f.far.pod == nil && inNet(str(c), nil, f.far)
	}
	for _, c := range list(r[field+"CIDRSet"]) {
		named = true
		peer = peer || f.far.pod == nil && inNet(str(obj(c)["cidr"]), list(obj(c)["except"]), f.far)
	}
	if r["toPorts"] == nil {
		return named && peer
	}
	if named && !peer {
		return false
	}
	for _, l := range list(r["toPorts"]) {
		for _, x := range list(obj(l)["ports"]) {
			p := obj(x)
			if proto := str(p["protocol"]); proto != "" && proto != "ANY" && proto != f.proto {
				continue
			}
			var n int
			if _, err := fmt.Sscanf(str(p["port"]), "%d", &n); err != nil {
				if f.isNamed(str(p["port"])) {
					return true
				}
				continue
			}
			end, _ := p["endPort"].(int)
			if n == 0 || n == f.port || n <= f.port && f.port <= end {
				return true
			}
		}
	}
	return false
}

func (w *world) matchCalico(text string, p *opod) bool {
	return w.calico[text](func(k string) (string, bool) {
		if k == "projectcalico.org/namespace" {
			return p.ns, true
		}
		v, ok := p.labels[k]
		return v, ok
	})
}

func (w *world) matchCalicoNS(text string, p *opod) bool {
	return text == "" || w.calico[text](func(k string) (string, bool) {
		if k == "projectcalico.org/name" {
			return p.ns, true
		}
		v, ok := w.nsLabels[p.ns][k]
		return v, ok
	})
}

func (w *world) calicoRules(f flow, rules []any, ns string) int {
	for _, x := range rules {
		r := obj(x)
		if proto := str(r["protocol"]); proto != "" && proto != f.proto {
			continue
		}
		if not := str(r["notProtocol"]); not == f.proto {
			continue
		}
		near, far := obj(r["destination"]), obj(r["source"])
		if f.dir == "egress" {
			near, far = far, near
		}
		if !w.calicoEntity(near, side{pod: f.pod}, ns) || !w.calicoEntity(far, f.far, ns) {
			continue
		}
		hit := func(l []any) bool {
			return slices.ContainsFunc(l, func(x any) bool {
				switch n := x.(type) {
				case int:
					return n == f.port
				default:
					if lo, hi, ok := strings.Cut(str(n), ":"); ok {
						var a, b int
						fmt.Sscan(lo, &a)
						fmt.Sscan(hi, &b)
						return a <= f.port && f.port <= b
					}
					return f.isNamed(str(n))
				}
			})
		}
		to := obj(r["destination"])
		if to["ports"] != nil && !hit(list(to["ports"])) || hit(list(to["notPorts"])) {
			continue
		}
		switch str(r["action"]) {
		case "Allow":
			return oAllow
		case "Deny":
			return oDeny
		case "Pass":
			return oPass
		}
	}
	return oNone
}

func (w *world) calicoEntity(e m, s side, ns string) bool {
	for _, n := range list(e["notNets"]) {
		if inNet(str(n), nil, s) {
			return false
		}
	}
	if e["nets"] != nil && !slices.ContainsFunc(list(e["nets"]), func(n any) bool { return inNet(str(n), nil, s) }) {
		return false
	}
	accounts := obj(e["serviceAccounts"])
	sel, not, nss := str(e["selector"]), str(e["notSelector"]), str(e["namespaceSelector"])
	if sel == "" && not == "" && nss == "" && accounts == nil {
		return true
	}
	if s.pod == nil {
		return ns == "" && sel == "" && nss == "" && accounts == nil // not among the pods of notSelector
	}
	if nss == "" && ns != "" && s.pod.ns != ns {
		return false
	}
	if accounts != nil && !slices.Contains(list(accounts["names"]), any(s.pod.account)) {
		return false
	}
	return (sel == "" || w.matchCalico(sel, s.pod)) && (not == "" || !w.matchCalico(not, s.pod)) && w.matchCalicoNS(nss, s.pod)
}
