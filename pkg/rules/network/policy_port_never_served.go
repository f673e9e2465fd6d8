package network

import (
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PolicyPortNeverServed reports ports that a policy opens and no pod serves.
var PolicyPortNeverServed = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-port-never-served", Severity: result.Low, Since: "0.1",
		Title: "Policy opens a port that no pod serves",
		Why: `A port that no selected pod declares admits nothing, and the port that was
meant stays closed; a name that is not declared resolves to nothing at all.
Policies see the pods' ports, not the Service's.`,
		Fix: "list the containerPort, or its name, of the selected pods",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, policy := range netpol.All(p.Index) {
			var pods []manifest.Pod
			for _, pod := range p.Index.Pods() {
				if policy.Selects(p.Index, pod) {
					pods = append(pods, pod)
				}
			}
			if len(pods) == 0 || policy.ClusterWide() {
				continue // which pods a cluster has more, nobody knows
			}
			names, numbers, whole := declaredPorts(pods)
			for r := range policy.Rules(netpol.Ingress) {
				for _, at := range portPlaces(r) {
					port := at.Str()
					n, err := strconv.Atoi(port)
					switch {
					case port == "" || ranged(r, at) || strings.ContainsRune(port, ':'):
					case err != nil && !names[port]:
						p.Report(at, "%s opens port %q, which no pod that it selects declares: it admits nothing", policy.Object, port)
					case err == nil && n > 0 && whole && !numbers[port]:
						p.Report(at, "%s opens port %s, which no pod that it selects declares: it admits nothing", policy.Object, port)
					}
				}
			}
		}
	},
}

// declaredPorts are the ports of the pods by name and by number. whole says
// that every main container declares some, so that another number is served
// by none.
func declaredPorts(pods []manifest.Pod) (names, numbers map[string]bool, whole bool) {
	names, numbers, whole = map[string]bool{}, map[string]bool{}, true
	for _, pod := range pods {
		for c := range pod.Containers() {
			if c.Kind == manifest.Main && c.At("ports").Len() == 0 {
				whole = false
			}
			for port := range c.At("ports").Items() {
				names[port.At("name").Str()] = true
				numbers[port.At("containerPort").Str()] = true
			}
		}
	}
	return names, numbers, whole
}
