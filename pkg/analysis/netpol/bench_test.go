package netpol

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/intent"
)

// generated is a target of n objects: namespaces of ten workloads each with a
// policy of its own, and a default deny for each namespace.
func generated(b testing.TB, n int) *index.Index {
	var s strings.Builder
	for i := 0; i < n; i += 22 {
		ns := i / 22
		fmt.Fprintf(&s, "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns%d, labels: {team: t%d}}\n", ns, ns%7)
		fmt.Fprintf(&s, "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: ns%d}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n", ns)
		for w := range 10 {
			fmt.Fprintf(&s, "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w%d, namespace: ns%d}\nspec: {template: {metadata: {labels: {app: w%d, tier: t%d}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}}}\n", w, ns, w, w%3)
			fmt.Fprintf(&s, `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: w%d, namespace: ns%d}
spec:
  podSelector: {matchLabels: {app: w%d}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: w%d}}}, {namespaceSelector: {matchLabels: {team: t%d}}, podSelector: {matchLabels: {tier: t1}}}]
    ports: [{port: http}]
  egress:
  - to: [{podSelector: {matchLabels: {app: w%d}}}]
  - to: [{ipBlock: {cidr: 203.0.%d.0/24}}]
`, w, ns, w, (w+1)%10, (ns+1)%7, (w+9)%10, ns%256)
		}
	}
	return parse(b, s.String())
}

// BenchmarkReach builds the reachability of a target, asks for the metadata
// service and DNS of every workload, and checks two intents, one about all
// workloads. Parsing is left out.
func BenchmarkReach(b *testing.B) {
	var only, deny intent.Intent
	only.Only = &intent.Flow{From: "ns0/w1", To: "ns0/w0"}
	deny.Deny = &intent.Flow{From: "*", To: "metadata"}
	for _, n := range []int{100, 1000, 2000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			x := generated(b, n)
			b.ReportAllocs()
			classes := 0
			for b.Loop() {
				r := New(x)
				for _, c := range r.Classes {
					r.Out(c, Peer{Addr: metadata[0]}, Surely)
					r.Resolves(c)
				}
				r.Verify(intent.NewList([]intent.Intent{only, deny}), x)
				classes = len(r.Classes)
			}
			b.ReportMetric(float64(len(x.Objects)), "objects")
			b.ReportMetric(float64(classes), "classes")
		})
	}
}

// BenchmarkPairs asks for every ordered pair of workloads, as the graph does.
func BenchmarkPairs(b *testing.B) {
	for _, n := range []int{100, 1000, 2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			x := generated(b, n)
			for b.Loop() {
				New(x).Draw(x)
			}
			b.ReportMetric(float64(len(x.Objects)), "objects")
		})
	}
}
