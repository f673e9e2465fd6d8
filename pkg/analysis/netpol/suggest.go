package netpol

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/intent"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Suggestion is the least NetworkPolicies under which the intents hold in a
// target that has no others.
type Suggestion struct {
	YAML []byte
	// Open are intents that no NetworkPolicy can make hold here, each with the
	// reason.
	Open []string
}

// grant is what an intent lets through at a workload, in one direction.
type grant struct {
	intent string
	peers  []any // of a rule, as YAML
	ports  []any
}

// subject is a workload as the subject of suggested policies.
type subject struct {
	namespace, name string
	labels          map[string]string
	grants          [2][]grant
}

// Suggest writes a default deny for each namespace that the target has
// workloads in, with a way to the cluster's DNS, and for each workload what the
// intents only and allow want. Nothing else passes, so that deny holds unless an
// other intent speaks against it.
func Suggest(x *index.Index, items []intent.Intent) Suggestion {
	s := &suggester{reach: New(x)}
	namespaces := map[string]bool{}
	for _, c := range s.reach.Classes {
		if len(c.Pods) > 0 && !c.Host {
			namespaces[c.Namespace] = true
		}
	}
	workloads := s.workloads()
	for n := range items {
		word, f := items[n].Flow()
		if word != "deny" {
			s.grant(n, word, f, workloads)
		}
	}
	var b strings.Builder
	b.WriteString("# The least network policies under which the intents hold, if there are no others.\n# What routes from outside or other namespaces need is here if an intent allows it.\n")
	for _, ns := range slices.Sorted(mapKeys(namespaces)) {
		write(&b, fmt.Sprintf("nothing passes in namespace %s but what the policies below allow", ns), policyObject("default-deny", ns, map[string]any{
			"podSelector": map[string]any{}, "policyTypes": []any{"Ingress", "Egress"},
		}))
		write(&b, "names resolve: without DNS little else works", policyObject("allow-dns", ns, map[string]any{
			"podSelector": map[string]any{}, "policyTypes": []any{"Egress"},
			"egress": []any{map[string]any{
				"to": []any{map[string]any{
					"namespaceSelector": matchLabels(map[string]string{index.NamespaceName: "kube-system"}),
					"podSelector":       matchLabels(map[string]string{"k8s-app": "kube-dns"}),
				}},
				"ports": []any{map[string]any{"protocol": "UDP", "port": 53}, map[string]any{"protocol": "TCP", "port": 53}},
			}},
		}))
	}
	used := map[string]int{}
	for _, w := range workloads {
		w.write(&b, used)
	}
	out := Suggestion{YAML: []byte(b.String()), Open: s.open}
	out.verify(x, items)
	return out
}

// verify applies the policies, in place of the target's own, and adds the
// intents that do not hold then.
func (s *Suggestion) verify(x *index.Index, items []intent.Intent) {
	var docs []*manifest.Document
	for _, d := range x.Documents {
		if !slices.ContainsFunc(d.Objects(), Is) {
			docs = append(docs, d)
		}
	}
	for _, c := range manifest.Split(s.YAML) {
		d := &manifest.Document{Target: x.Target.Name, Text: c.Text, Line: c.Line}
		if err := d.Parse(); err != nil {
			panic("netpol: " + err.Error()) // it was just written
		}
		docs = append(docs, d)
	}
	y := index.New(x.Target, docs)
	for _, v := range New(y).Verify(intent.NewList(items), y) {
		verb := "cannot reach"
		if v.Opens {
			verb = "still reaches"
		}
		s.Open = append(s.Open, fmt.Sprintf("intent %d: %s %s %s on %s", v.Number, v.From, verb, v.To, v.Ports))
	}
}

func mapKeys(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

type suggester struct {
	reach *Reach
	open  []string
}

// workloads lists the subjects, by namespace and name.
func (s *suggester) workloads() []*subject {
	var out []*subject
	for _, e := range s.reach.endpoints {
		if e.host || len(e.labels) == 0 {
			continue
		}
		for _, p := range e.pods {
			out = append(out, &subject{namespace: e.namespace, name: p.Object.Key.Name, labels: selectorOf(p)})
		}
	}
	slices.SortFunc(out, func(a, b *subject) int {
		return cmp.Or(strings.Compare(a.namespace, b.namespace), strings.Compare(a.name, b.name))
	})
	return slices.CompactFunc(out, func(a, b *subject) bool { return a.namespace == b.namespace && mapKey(a.labels) == mapKey(b.labels) })
}

// selectorOf is what tells the workload's pods: its own selector, or else all
// labels of the template.
func selectorOf(p manifest.Pod) map[string]string {
	if own := labelMap(p.Object.At("spec", "selector", "matchLabels")); len(own) > 0 {
		return own
	}
	return labelMap(p.Labels())
}

// meant reports whether a side means the subject. One that shares its labels
// with a workload that is not meant cannot be told from it.
func (w *subject) meant(s intent.Parsed) bool {
	switch s.Kind {
	case intent.Workloads:
		return intent.Matches(s.Namespace, w.namespace) && intent.Matches(s.Name, w.name)
	case intent.Labels:
		return (s.Namespace == "" || intent.Matches(s.Namespace, w.namespace)) && s.Selects(w.labels)
	}
	return false
}

// grant adds what an intent lets through to both sides.
func (s *suggester) grant(n int, word string, f *intent.Flow, workloads []*subject) {
	from, to := f.From.Parse(), f.To.Parse()
	name := fmt.Sprintf("intent %d: %s %s → %s", n+1, word, f.From, f.To)
	ports := portList(f.Port)
	if !f.Port.All() {
		name += " on " + portText(f.Port)
	}
	done := 0
	for _, w := range workloads {
		if to.Pods() && w.meant(to) {
			if peers := s.peers(from, w, workloads); len(peers) > 0 {
				w.grants[0] = append(w.grants[0], grant{intent: name, peers: peers, ports: ports})
				done++
			}
		}
		if from.Pods() && w.meant(from) {
			if peers := s.peers(to, w, workloads); len(peers) > 0 {
				w.grants[1] = append(w.grants[1], grant{intent: name, peers: peers, ports: ports})
				done++
			}
		}
	}
	if done == 0 {
		s.open = append(s.open, name+": no workload of this target with labels is meant, or none may be named by a policy")
	}
}

// peers are a side as peers of a policy of the subject: pods by the labels of
// their workloads, or blocks of addresses.
func (s *suggester) peers(side intent.Parsed, w *subject, workloads []*subject) []any {
	block := func(cidr string, except ...any) any {
		b := map[string]any{"cidr": cidr}
		if len(except) > 0 {
			b["except"] = except
		}
		return map[string]any{"ipBlock": b}
	}
	switch side.Kind {
	case intent.Internet:
		return []any{
			block("0.0.0.0/0", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
			block("2000::/3"),
		}
	case intent.Metadata:
		var out []any
		for _, a := range metadata {
			out = append(out, block(fmt.Sprintf("%s/%d", a, a.BitLen())))
		}
		return out
	case intent.Block:
		return []any{block(side.Block.String())}
	}
	if side.Kind == intent.Workloads && side.Name == "*" && !strings.ContainsAny(strings.TrimSuffix(side.Namespace, "*"), "*") {
		switch {
		case side.Namespace == "*":
			return []any{map[string]any{"namespaceSelector": map[string]any{}}}
		case side.Namespace == w.namespace:
			return []any{map[string]any{"podSelector": map[string]any{}}}
		case !strings.Contains(side.Namespace, "*"):
			return []any{map[string]any{"namespaceSelector": matchLabels(map[string]string{index.NamespaceName: side.Namespace})}}
		}
	}
	var out []any
	for _, p := range workloads {
		if !p.meant(side) {
			continue
		}
		peer := map[string]any{"podSelector": matchLabels(p.labels)}
		if p.namespace != w.namespace {
			peer["namespaceSelector"] = matchLabels(map[string]string{index.NamespaceName: p.namespace})
		}
		out = append(out, peer)
	}
	return out
}

func matchLabels(m map[string]string) map[string]any { return map[string]any{"matchLabels": m} }

func portList(p intent.Port) []any {
	if p.All() {
		return nil
	}
	one := func(protocol string) any {
		out := map[string]any{"protocol": protocol}
		if p.Name != "" {
			out["port"] = p.Name
			return out
		}
		out["port"] = p.Lo
		if p.Hi > p.Lo {
			out["endPort"] = p.Hi
		}
		return out
	}
	switch {
	case p.Protocol != "":
		return []any{one(p.Protocol)}
	case p.Name != "":
		return []any{one("TCP"), one("UDP"), one("SCTP")}
	}
	return []any{one("TCP")}
}

func portText(p intent.Port) string {
	text := p.Name
	if text == "" {
		text = fmt.Sprint(p.Lo)
		if p.Hi > p.Lo {
			text += fmt.Sprintf("-%d", p.Hi)
		}
	}
	if p.Protocol != "" {
		text += "/" + p.Protocol
	}
	return text
}

// write adds the subject's policy, if anything is granted to it.
func (w *subject) write(b *strings.Builder, used map[string]int) {
	spec := map[string]any{"podSelector": matchLabels(w.labels)}
	var types []any
	var why []string
	for i, d := range [...]string{"ingress", "egress"} {
		if len(w.grants[i]) == 0 {
			continue
		}
		types = append(types, map[string]string{"ingress": "Ingress", "egress": "Egress"}[d])
		var rules []any
		for _, g := range w.grants[i] {
			r := map[string]any{map[string]string{"ingress": "from", "egress": "to"}[d]: g.peers}
			if g.ports != nil {
				r["ports"] = g.ports
			}
			rules = append(rules, r)
			if !slices.Contains(why, g.intent) {
				why = append(why, g.intent)
			}
		}
		spec[d] = rules
	}
	if types == nil {
		return
	}
	spec["policyTypes"] = types
	name := clipName("allow-" + w.name)
	key := w.namespace + "/" + name
	if used[key]++; used[key] > 1 {
		name = fmt.Sprintf("%s-%d", name, used[key])
	}
	write(b, strings.Join(why, "\n"), policyObject(name, w.namespace, spec))
}

// clipName keeps a name within what Kubernetes takes.
func clipName(s string) string { return strings.Trim(s[:min(len(s), 253)], "-.") }

func policyObject(name, namespace string, spec map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
		"metadata": map[string]any{"name": name, "namespace": namespace}, "spec": spec,
	}
}

// write adds a document; maps are written with sorted keys.
func write(b *strings.Builder, why string, object map[string]any) {
	b.WriteString("---\n")
	for _, l := range strings.Split(why, "\n") {
		fmt.Fprintf(b, "# %s\n", strings.Join(strings.Fields(l), " "))
	}
	enc := yaml.NewEncoder(b)
	enc.SetIndent(2)
	if err := enc.Encode(object); err != nil {
		panic("netpol: " + err.Error()) // maps, lists and scalars
	}
}
