package mesh

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MeshInjectionBypassed reports workloads, or ports of them, that their
// namespace's mesh does not guard.
var MeshInjectionBypassed = &rule.Rule{
	Meta: rule.Meta{
		ID: "mesh-injection-bypassed", Severity: result.Medium, Since: "0.1",
		Title: "Workload goes around its namespace's mesh",
		Why: `A pod without the proxy, in its node's network, or with ports that the proxy
leaves alone, is spoken to in clear and without authorization, in a namespace
that looks as if the mesh guarded all of it.`,
		Fix: "let the proxy in, or move the workload to a namespace outside of the mesh",
		Refs: []string{
			"https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/",
			"https://linkerd.io/2/reference/proxy-configuration/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, ns := range p.Index.Kind("", "Namespace") {
			mesh, says := meshOf(ns)
			if mesh == "" {
				continue
			}
			for _, pod := range p.Index.PodsIn(ns.Key.Name) {
				see := []result.Related{rule.See(says, "namespace %q is in the mesh", ns.Key.Name)}
				if at := optsOut(mesh, pod); at.Exists() {
					p.Add(rule.Problem{At: at, Related: see, Message: fmt.Sprintf("%s opts out of its namespace's mesh: it is spoken to in clear", pod.Object)})
					continue
				}
				if pod.HostNetwork() {
					p.Add(rule.Problem{At: pod.Spec.At("hostNetwork"), Related: see, Message: fmt.Sprintf("%s is in its node's network, where its namespace's mesh does not guard it", pod.Object)})
					continue
				}
				for _, name := range skips[mesh] {
					at := pod.Annotations().At(name)
					if port := skipped(p, at.Str(), pod); port > 0 {
						p.Add(rule.Problem{At: at, Related: see, Message: fmt.Sprintf("%s leaves port %d, which a service leads to, out of the mesh: it is spoken to in clear", pod.Object, port)})
					}
				}
			}
		}
	},
}

// skips are the annotations that list ports which the proxy leaves alone.
var skips = map[string][]string{
	istio:   {"traffic.sidecar.istio.io/excludeInboundPorts"},
	linkerd: {"config.linkerd.io/skip-inbound-ports", "config.linkerd.io/opaque-ports"},
}

// skipped is a port in the list that a Service of the pod leads to, 0 if there
// is none.
func skipped(p *rule.Pass, list string, pod manifest.Pod) int {
	if list == "" {
		return 0
	}
	for _, s := range p.Index.Kind("", "Service") {
		if !slices.ContainsFunc(route.Pods(p.Index, s), func(q manifest.Pod) bool { return q.Object == pod.Object }) {
			continue
		}
		for _, t := range route.Targets(s, "", pod) {
			for _, item := range strings.Split(list, ",") {
				lo, hi, isRange := strings.Cut(strings.TrimSpace(item), "-")
				if !isRange {
					hi = lo
				}
				a, err1 := strconv.Atoi(lo)
				b, err2 := strconv.Atoi(hi)
				if item == "*" || err1 == nil && err2 == nil && a <= t.Number && t.Number <= b {
					return t.Number
				}
			}
		}
	}
	return 0
}
