package netpol

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// The oracle asks one question at a time: may this pod open this port of that
// one? It reads the policies as plain data and shares no code with the engine.

type m = map[string]any

type opod struct {
	ns, name, account string
	labels            map[string]string
	named             map[string]int // "TCP/http" → number
	cilium            map[string]string
}

type world struct {
	nsLabels  map[string]map[string]string
	accLabels map[string]map[string]string // "ns/name"
	pods      []opod
	policies  []m
	calico    map[string]func(label func(string) (string, bool)) bool // by text
}

type side struct { // the far side of a connection
	pod  *opod
	addr netip.Addr
}

func str(v any) string { s, _ := v.(string); return s }
func obj(v any) m      { o, _ := v.(m); return o }
func list(v any) []any { l, _ := v.([]any); return l }

func oSelect(sel m, labels map[string]string) bool {
	for k, v := range obj(sel["matchLabels"]) {
		if got, ok := labels[k]; !ok || got != v {
			return false
		}
	}
	for _, e := range list(sel["matchExpressions"]) {
		got, has := labels[str(obj(e)["key"])]
		in := has && slices.Contains(list(obj(e)["values"]), any(got))
		switch str(obj(e)["operator"]) {
		case "In":
			if !in {
				return false
			}
		case "NotIn":
			if in {
				return false
			}
		case "Exists":
			if !has {
				return false
			}
		case "DoesNotExist":
			if has {
				return false
			}
		}
	}
	return true
}

func inNet(cidr string, except []any, s side) bool {
	if s.pod != nil {
		// By convention, addresses of pods are in the whole of IPv4 alone.
		return cidr == "0.0.0.0/0" && !slices.Contains(except, any("10.0.0.0/8"))
	}
	if !netip.MustParsePrefix(cidr).Contains(s.addr) {
		return false
	}
	for _, e := range except {
		if netip.MustParsePrefix(str(e)).Contains(s.addr) {
			return false
		}
	}
	return true
}

type flow struct {
	dir     string // "ingress" or "egress", seen from pod
	pod     *opod
	far     side
	proto   string
	port    int
	towards *opod // whose names of ports count
}

func (f flow) isNamed(name string) bool {
	if f.towards == nil {
		return false
	}
	n, ok := f.towards.named[f.proto+"/"+name]
	return ok && n == f.port
}

const (
	oNone = iota
	oAllow
	oDeny
	oPass
)

// open answers for one side of a connection.
func (w *world) open(f flow) bool {
	type stage struct {
		order float64
		run   func() int
	}
	stages := []stage{
		{1000, func() int { return w.admin(f, "AdminNetworkPolicy") }},
		{1e6, func() int { return w.calicoTier(f, "default") }},
		{1e7, func() int { return w.admin(f, "BaselineAdminNetworkPolicy") }},
	}
	for _, p := range w.policies {
		if p["kind"] == "Tier" {
			name := str(obj(p["metadata"])["name"])
			stages = append(stages, stage{float64(obj(p["spec"])["order"].(int)), func() int { return w.calicoTier(f, name) }})
		}
	}
	slices.SortFunc(stages, func(a, b stage) int { return int(a.order - b.order) })
	for _, s := range stages {
		switch s.run() {
		case oAllow:
			return true
		case oDeny:
			return false
		}
	}
	return true
}

func (w *world) admin(f flow, kind string) int {
	type ranked struct {
		priority int
		spec     m
	}
	var all []ranked
	for _, p := range w.policies {
		if p["kind"] != kind {
			continue
		}
		spec := obj(p["spec"])
		subject := obj(spec["subject"])
		ok := false
		if ns, is := subject["namespaces"]; is {
			ok = oSelect(obj(ns), w.nsLabels[f.pod.ns])
		} else {
			s := obj(subject["pods"])
			ok = oSelect(obj(s["namespaceSelector"]), w.nsLabels[f.pod.ns]) && oSelect(obj(s["podSelector"]), f.pod.labels)
		}
		if ok {
			n, _ := spec["priority"].(int)
			all = append(all, ranked{n, spec})
		}
	}
	slices.SortFunc(all, func(a, b ranked) int { return a.priority - b.priority })
	peers := map[string]string{"ingress": "from", "egress": "to"}[f.dir]
	for _, p := range all {
		for _, r := range list(p.spec[f.dir]) {
			rule := obj(r)
			peer := slices.ContainsFunc(list(rule[peers]), func(x any) bool {
				switch x := obj(x); {
				case x["namespaces"] != nil:
					return f.far.pod != nil && oSelect(obj(x["namespaces"]), w.nsLabels[f.far.pod.ns])
				case x["pods"] != nil:
					s := obj(x["pods"])
					return f.far.pod != nil && oSelect(obj(s["namespaceSelector"]), w.nsLabels[f.far.pod.ns]) && oSelect(obj(s["podSelector"]), f.far.pod.labels)
				default:
					return slices.ContainsFunc(list(x["networks"]), func(c any) bool { return inNet(str(c), nil, f.far) })
				}
			})
			port := rule["ports"] == nil || slices.ContainsFunc(list(rule["ports"]), func(x any) bool {
				if n := obj(obj(x)["portNumber"]); n != nil {
					return str(n["protocol"]) == f.proto && n["port"] == f.port
				}
				if n := obj(obj(x)["portRange"]); n != nil {
					return str(n["protocol"]) == f.proto && n["start"].(int) <= f.port && f.port <= n["end"].(int)
				}
				return f.isNamed(str(obj(x)["namedPort"]))
			})
			if peer && port {
				return map[string]int{"Allow": oAllow, "Deny": oDeny, "Pass": oPass}[str(rule["action"])]
			}
		}
	}
	return oNone
}

// calicoTier runs a tier; the default one holds NetworkPolicies and Cilium's.
func (w *world) calicoTier(f flow, name string) int {
	type ranked struct {
		order float64
		run   func() int
	}
	var all []ranked
	isolated, deniedByCilium := false, false
	for _, p := range w.policies {
		spec, api := obj(p["spec"]), str(p["apiVersion"])
		ns := str(obj(p["metadata"])["namespace"])
		switch {
		case p["kind"] == "Tier":
		case strings.HasPrefix(api, "networking.k8s.io") && name == "default":
			if ns != f.pod.ns || !oSelect(obj(spec["podSelector"]), f.pod.labels) {
				continue
			}
			types := list(spec["policyTypes"])
			in := slices.Contains(types, any("Ingress")) || types == nil
			out := slices.Contains(types, any("Egress")) || types == nil && len(list(spec["egress"])) > 0
			if f.dir == "ingress" && !in || f.dir == "egress" && !out {
				continue
			}
			isolated = true
			all = append(all, ranked{1000, func() int { return w.core(f, spec, ns) }})
		case strings.HasPrefix(api, "cilium.io") && name == "default":
			if p["kind"] == "CiliumNetworkPolicy" && ns != f.pod.ns || !oSelect(obj(spec["endpointSelector"]), ciliumLabels(w, f.pod)) {
				continue
			}
			allows, denies := list(spec[f.dir]), list(spec[f.dir+"Deny"])
			if on, ok := obj(spec["enableDefaultDeny"])[f.dir]; ok {
				isolated = isolated || on.(bool)
			} else if len(allows)+len(denies) > 0 {
				isolated = true
			}
			match := func(rules []any) bool {
				return slices.ContainsFunc(rules, func(r any) bool { return w.cilium(f, obj(r), ns) })
			}
			deniedByCilium = deniedByCilium || match(denies)
			all = append(all, ranked{1000, func() int {
				if match(allows) {
					return oAllow
				}
				return oNone
			}})
		case strings.HasPrefix(api, "projectcalico.org"):
			tier := str(spec["tier"])
			if tier == "" {
				tier = "default"
			}
			if tier != name || p["kind"] == "NetworkPolicy" && ns != f.pod.ns || !w.matchCalico(str(spec["selector"]), f.pod) ||
				p["kind"] == "GlobalNetworkPolicy" && !w.matchCalicoNS(str(spec["namespaceSelector"]), f.pod) {
				continue
			}
			if !slices.Contains(list(spec["types"]), any(strings.ToUpper(f.dir[:1])+f.dir[1:])) {
				continue
			}
			isolated = true
			all = append(all, ranked{float64(spec["order"].(int)), func() int { return w.calicoRules(f, list(spec[f.dir]), ns) }})
		}
	}
	if deniedByCilium {
		return oDeny
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return int(a.order - b.order) })
	for _, p := range all {
		if v := p.run(); v != oNone {
			return v
		}
	}
	if isolated {
		return oDeny
	}
	return oNone
}

// index parses the world as a target.
func (w *world) index(t testing.TB) (*index.Index, string) {
	var docs []m
	for name, labels := range w.nsLabels {
		docs = append(docs, m{"apiVersion": "v1", "kind": "Namespace", "metadata": m{"name": name, "labels": labels}})
	}
	for _, p := range w.pods {
		var ports []any
		for k, n := range p.named {
			proto, name, _ := strings.Cut(k, "/")
			ports = append(ports, m{"name": name, "containerPort": n, "protocol": proto})
		}
		docs = append(docs, m{
			"apiVersion": "v1", "kind": "Pod", "metadata": m{"name": p.name, "namespace": p.ns, "labels": p.labels},
			"spec": m{"serviceAccountName": p.account, "containers": []any{m{"name": "c", "ports": ports}}},
		})
	}
	docs = append(docs, w.policies...)
	var b strings.Builder
	for _, d := range docs {
		text, err := yaml.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("---\n" + string(text))
	}
	return parse(t, b.String()), b.String()
}

func parse(t testing.TB, text string) *index.Index {
	var docs []*manifest.Document
	for _, c := range manifest.Split([]byte(text)) {
		d := &manifest.Document{Target: "t", Path: "all.yaml", Text: c.Text, Line: c.Line, Map: srcmap.Identity("all.yaml", c.Line)}
		if err := d.Parse(); err != nil {
			t.Fatal(err)
		}
		docs = append(docs, d)
	}
	return index.New(result.Target{Name: "t", Kind: result.KindPlain}, docs)
}

// TestOracle compares the engine with plain enumeration on random policies of
// every kind: every pair of pods and addresses, at every port where something
// may change.
func TestOracle(t *testing.T) {
	cases := 2000
	if testing.Short() {
		cases = 200
	}
	opened, closed := 0, 0
	for seed := range cases {
		g := &generator{rand.New(rand.NewPCG(uint64(seed), 7)), &world{calico: map[string]func(func(string) (string, bool)) bool{"": func(func(string) (string, bool)) bool { return true }}}}
		w := g.world(seed % 4)
		x, text := w.index(t)
		r := New(x)
		if len(r.Notes) > 0 {
			t.Fatalf("seed %d: notes %q\n%s", seed, r.Notes, text)
		}
		class := map[string]*Class{}
		for _, c := range r.Classes {
			for _, p := range c.Pods {
				class[p.Object.Key.Namespace+"/"+p.Object.Key.Name] = c
			}
		}
		check := func(what string, got, sure Ports, want func(proto string, port int) bool) {
			for proto := range protocols {
				for _, port := range probes {
					w := want(proto.String(), port)
					if w {
						opened++
					} else {
						closed++
					}
					if got.Has(proto, port) != w || sure.Has(proto, port) != w {
						t.Fatalf("seed %d: %s %s %d: engine says %t (surely %t), oracle %t\n%s", seed, what, proto, port, got.Has(proto, port), sure.Has(proto, port), w, text)
					}
				}
			}
		}
		for i := range w.pods {
			a := &w.pods[i]
			ca := class[a.ns+"/"+a.name]
			for j := range w.pods {
				b := &w.pods[j]
				cb := class[b.ns+"/"+b.name]
				check(a.name+" → "+b.name, r.Between(ca, cb, AtMost), r.Between(ca, cb, Surely), func(proto string, port int) bool {
					return w.open(flow{"egress", a, side{pod: b}, proto, port, b}) && w.open(flow{"ingress", b, side{pod: a}, proto, port, b})
				})
			}
			for _, addr := range addresses {
				p := Peer{Addr: netip.MustParseAddr(addr)}
				check(a.name+" → "+addr, r.Out(ca, p, AtMost), r.Out(ca, p, Surely), func(proto string, port int) bool {
					return w.open(flow{"egress", a, side{addr: p.Addr}, proto, port, nil})
				})
				check(addr+" → "+a.name, r.In(ca, p, AtMost), r.In(ca, p, Surely), func(proto string, port int) bool {
					return w.open(flow{"ingress", a, side{addr: p.Addr}, proto, port, a})
				})
			}
		}
	}
	t.Logf("%d cases, %d flows open, %d closed", cases, opened, closed)
	if opened < closed/10 || closed < opened/10 {
		t.Errorf("the cases are one-sided: %d open, %d closed", opened, closed)
	}
}
