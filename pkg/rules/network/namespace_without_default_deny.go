package network

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// NamespaceWithoutDefaultDeny reports namespaces whose pods accept traffic from everywhere.
var NamespaceWithoutDefaultDeny = &rule.Rule{
	Meta: rule.Meta{
		ID: "namespace-without-default-deny", Severity: result.Medium, Since: "0.1",
		Title: "No policy isolates the namespace",
		Why: `Without a policy every pod of the cluster reaches every other. A policy for
the whole namespace that allows nothing makes each connection a decision, also
for workloads that come later; policies add up, so the needed ones are then
written beside it.`,
		Fix: "add a NetworkPolicy with an empty podSelector and policyTypes [Ingress], and policies for what must be reached",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-ingress-traffic",
			"https://www.cisecurity.org/benchmark/kubernetes",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Params: func() any { return &DefaultDenyParams{} },
	Universe: func(p *rule.Pass) {
		directions := []netpol.Direction{netpol.Ingress}
		if p.Params.(*DefaultDenyParams).Egress {
			directions = append(directions, netpol.Egress)
		}
		for _, d := range directions {
			for _, n := range netpol.Coverage(p.Index, d) {
				ns := p.Index.NamespaceObject(n.Name)
				if !reportedWhole(n, ns != nil) {
					continue
				}
				at := n.Pods[0].Object.At("metadata", "name")
				if ns != nil {
					at = ns.At("metadata", "name")
				}
				p.Add(defaultDenyProblem(at, n, d))
			}
		}
	},
}

// DefaultDenyParams are the parameters of namespace-without-default-deny.
type DefaultDenyParams struct {
	// Egress asks for a default deny of outgoing traffic, too.
	Egress bool `yaml:"egress"`
}

func defaultDenyProblem(at manifest.Place, n netpol.Namespace, d netpol.Direction) rule.Problem {
	verb := map[netpol.Direction]string{netpol.Ingress: "accept traffic from", netpol.Egress: "may connect to"}[d]
	pr := rule.Problem{At: at, Evidence: string(d), Namespace: n.Name}
	if len(n.Bare) == 0 {
		pr.Message = fmt.Sprintf("no policy isolates all pods of namespace %q: workloads to come %s every pod", n.Name, verb)
		return pr
	}
	count := fmt.Sprintf("%d workloads", len(n.Bare))
	if len(n.Bare) == 1 {
		count = "1 workload"
		verb = map[netpol.Direction]string{netpol.Ingress: "accepts traffic from", netpol.Egress: "may connect to"}[d]
	}
	pr.Message = fmt.Sprintf("no policy isolates namespace %q: %s %s every pod", n.Name, count, verb)
	for _, pod := range n.Bare[:min(len(n.Bare), maxRelated)] {
		pr.Related = append(pr.Related, rule.See(pod.Object.At("metadata", "name"), "no policy selects %s", pod.Object))
	}
	return pr
}

// maxRelated bounds the places that one finding lists.
const maxRelated = 20
