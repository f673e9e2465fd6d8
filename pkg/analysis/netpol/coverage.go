package netpol

import (
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Namespace is how policies cover the workloads of one namespace in one
// direction.
type Namespace struct {
	Name string
	Pods []manifest.Pod // those that policies could isolate
	Bare []manifest.Pod // those of them that no policy isolates
	// DefaultDeny reports whether one policy isolates every pod and opens
	// nothing to everyone.
	DefaultDeny bool
}

// Coverage lists the namespaces that workloads of the target use, in order of
// their first workload. Pods in their node's network are left out, as policies
// do not reach them, and so are, for ingress, Jobs that serve no port.
func Coverage(x *index.Index, d Direction) []Namespace {
	var policies []Policy
	for _, p := range All(x) {
		if p.Isolates(d) {
			policies = append(policies, p)
		}
	}
	var out []Namespace
	at := map[string]int{}
	for _, pod := range x.Pods() {
		if pod.HostNetwork() || d == Ingress && batch(pod) && !servesPort(pod) {
			continue
		}
		name := x.Namespace(pod.Object)
		i, ok := at[name]
		if !ok {
			i = len(out)
			at[name] = i
			out = append(out, Namespace{Name: name})
		}
		n := &out[i]
		n.Pods = append(n.Pods, pod)
		bare := true
		for _, p := range policies {
			if !p.Selects(x, pod) {
				continue
			}
			bare = false
			if p.SelectsAll() && !opens(p, d) {
				n.DefaultDeny = true
			}
		}
		if bare {
			n.Bare = append(n.Bare, pod)
		}
	}
	return out
}

func opens(p Policy, d Direction) bool {
	for range p.Open(d) {
		return true
	}
	return false
}

func batch(pod manifest.Pod) bool {
	switch pod.Object.Key.Kind {
	case "Job", "CronJob", "ScaledJob":
		return true
	}
	return false
}

func servesPort(pod manifest.Pod) bool {
	for c := range pod.Containers() {
		if c.At("ports").Len() > 0 {
			return true
		}
	}
	return false
}
