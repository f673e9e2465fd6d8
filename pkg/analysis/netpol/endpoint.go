package netpol

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// truth says whether something holds: what the render does not hold, or what
// cannot be read, leaves it open.
type truth int8

const (
	no truth = iota
	maybe
	yes
)

func and(a, b truth) truth { return min(a, b) }

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// namedPort is a port of a container by its name.
type namedPort struct {
	protocol Protocol
	name     string
}

// endpoint stands for all pods that no policy could tell apart by itself: same
// namespace, labels, account and named ports.
type endpoint struct {
	namespace string
	nsLabels  map[string]string
	nsKnown   bool // all labels of the namespace are known
	labels    map[string]string
	account   string
	accLabels map[string]string
	accKnown  bool
	host      bool // in its node's network, where no policy reaches
	named     map[namedPort][]int
	pods      []manifest.Pod
	dns       bool
}

// nsLabel is a label of the endpoint's namespace.
func (e *endpoint) nsLabel(key string) (string, bool, bool) {
	v, ok := e.nsLabels[key]
	return v, ok, ok || e.nsKnown
}

func (e *endpoint) label(key string) (string, bool, bool) {
	v, ok := e.labels[key]
	return v, ok, true
}

// endpointsOf groups the pod templates of the target that run.
func endpointsOf(x *index.Index) []*endpoint {
	type namespace struct {
		labels map[string]string
		known  bool
	}
	namespaces := map[string]namespace{}
	at := map[string]*endpoint{}
	var out []*endpoint
	for _, pod := range x.Pods() {
		if pod.Object.Is("", "PodTemplate") {
			continue
		}
		e := &endpoint{namespace: x.Namespace(pod.Object), labels: labelMap(pod.Labels()), host: pod.HostNetwork(), named: map[namedPort][]int{}}
		_, e.account = x.AccountOf(pod)
		for c := range pod.Containers() {
			for port := range c.At("ports").Items() {
				n, ok := port.At("containerPort").Int()
				name := port.At("name").Str()
				protocol := port.At("protocol").Str()
				if protocol == "" {
					protocol = "TCP"
				}
				if ps := protocolsOf(protocol); ok && name != "" && len(ps) == 1 {
					k := namedPort{ps[0], name}
					e.named[k] = append(e.named[k], int(n))
				}
			}
		}
		k := fmt.Sprintf("%q %q %t %s %v", e.namespace, e.account, e.host, mapKey(e.labels), sortedPorts(e.named))
		if same := at[k]; same != nil {
			same.pods = append(same.pods, pod)
			continue
		}
		ns, ok := namespaces[e.namespace]
		if !ok {
			ns = namespace{labels: map[string]string{}}
			if o := x.NamespaceObject(e.namespace); o != nil {
				ns = namespace{labelMap(o.Labels()), true}
			}
			ns.labels[index.NamespaceName] = e.namespace
			namespaces[e.namespace] = ns
		}
		e.nsLabels, e.nsKnown = ns.labels, ns.known
		if sa := x.Get("", "ServiceAccount", e.namespace, e.account); sa != nil {
			e.accLabels, e.accKnown = labelMap(sa.Labels()), true
		}
		e.pods = []manifest.Pod{pod}
		at[k] = e
		out = append(out, e)
	}
	return out
}

func sortedPorts(named map[namedPort][]int) []string {
	var out []string
	for k, v := range named {
		out = append(out, fmt.Sprintf("%q %d %v", k.name, k.protocol, v))
	}
	slices.Sort(out)
	return out
}

func labelMap(p manifest.Place) map[string]string {
	out := map[string]string{}
	for k, v := range p.Entries() {
		out[k] = v.Str()
	}
	return out
}

func mapKey(m map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%q=%q,", k, m[k])
	}
	return b.String()
}

// requirement is one demand of a label selector.
type requirement struct {
	key, operator string
	values        []string
}

// requirements reads matchLabels and matchExpressions.
func requirements(s manifest.Place) []requirement {
	var out []requirement
	for k, v := range s.At("matchLabels").Entries() {
		out = append(out, requirement{k, "In", []string{v.Str()}})
	}
	for e := range s.At("matchExpressions").Items() {
		out = append(out, requirement{e.At("key").Str(), e.At("operator").Str(), e.At("values").Strings()})
	}
	return out
}

// meets evaluates the demands against labels.
func meets(reqs []requirement, get labels) truth {
	out := yes
	for _, r := range reqs {
		v, ok, known := get(r.key)
		if !ok && !known {
			out = and(out, maybe)
			continue
		}
		hit := false
		switch r.operator {
		case "In":
			hit = ok && slices.Contains(r.values, v)
		case "NotIn":
			hit = !ok || !slices.Contains(r.values, v)
		case "Exists":
			hit = ok
		case "DoesNotExist":
			hit = !ok
		}
		if !hit {
			return no
		}
	}
	return out
}

// matcher picks endpoints.
type matcher struct {
	namespace string       // only those in it, "" for any
	hint      *requirement // a demand on the pods' own labels that what matches surely meets
	test      func(*endpoint) truth
	key       string // equal matchers have equal keys; "" is unlike any other
}

// hintOf is a demand that a table of labels answers.
func hintOf(reqs []requirement) *requirement {
	for i := range reqs {
		if reqs[i].operator == "In" && len(reqs[i].values) == 1 {
			return &reqs[i]
		}
	}
	return nil
}

func keyOf(parts ...any) string { return fmt.Sprintf("%q", parts) }

// members is a set of endpoints by their number, in order: most selectors pick
// few, so that sets cost what they hold.
type members []int32

func (m members) has(i int) bool {
	_, ok := slices.BinarySearch(m, int32(i))
	return ok
}

// or is the union.
func (m members) or(n members) members {
	out := append(slices.Clone(m), n...)
	slices.Sort(out)
	return slices.Compact(out)
}

// extent is the endpoints that something picks, surely or possibly.
type extent struct{ sure, possible members }

func (x extent) of(i int) truth {
	switch {
	case x.sure.has(i):
		return yes
	case x.possible.has(i):
		return maybe
	}
	return no
}
