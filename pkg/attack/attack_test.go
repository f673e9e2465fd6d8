package attack

import (
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

const shop = `
apiVersion: v1
kind: Pod
metadata: {name: front, namespace: a, labels: {app: front}}
spec: {containers: [{name: c, image: x, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: a}
spec: {type: LoadBalancer, selector: {app: front}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: a, labels: {app: agent}}
spec: {containers: [{name: c, image: x, ports: [{containerPort: 9000}]}]}
`

const closed = `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: agent, namespace: a}
spec: {podSelector: {matchLabels: {app: agent}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: FROM}}}], ports: [{port: PORT}]}]}
`

func finding(rule, pod string, s result.Severity) result.Finding {
	return result.Finding{Rule: rule, Severity: s, Message: rule, Fingerprint: rule + "/" + pod, Object: result.Key{APIVersion: "v1", Kind: "Pod", Namespace: "a", Name: pod}}
}

// What is found about two workloads is joined over the network, as far as the
// policies let it.
func TestAnalyze(t *testing.T) {
	privileged := finding("privileged-container", "agent", result.Critical)
	flaw := finding("CVE-1", "front", result.Critical)
	flaw.Vulnerability = &result.Vulnerability{ID: "CVE-1"}
	policy := strings.NewReplacer("FROM", "front", "PORT", "9000").Replace(closed)
	for _, tt := range []struct {
		name, text string
		found      []result.Finding
		want       string // kinds of the steps, a line a path
	}{
		{"nothing is held", shop, []result.Finding{finding("run-as-non-root", "front", result.Medium)}, ""},
		{"over the open network", shop, []result.Finding{privileged}, "exposed reaches power: the node"},
		{"with what makes it easier", shop, []result.Finding{privileged, flaw, finding("run-as-non-root", "front", result.Medium)}, "exposed vulnerable weak reaches power: the node\nexposed vulnerable: the workload"},
		{"a policy lets it through", shop + policy, []result.Finding{privileged}, "exposed reaches power: the node"},
		{"a policy lets another through", shop + strings.Replace(policy, "app: front", "app: other", 1), []result.Finding{privileged}, ""},
		{"on a port that it does not serve", shop + strings.Replace(policy, "9000", "9001", 1), []result.Finding{privileged}, ""},
		{"at the entrance itself", shop, []result.Finding{finding("workload-reaches-cluster-admin", "front", result.Critical)}, "exposed power: cluster-admin"},
		{"a harmless look at the node", shop, []result.Finding{finding("sensitive-host-path-mounted", "front", result.Medium)}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var docs []*manifest.Document
			for _, s := range strings.Split(tt.text, "---\n") {
				d := &manifest.Document{Target: "t", Path: "t.yaml", Text: []byte(s), Line: 1}
				if err := d.Parse(); err != nil {
					t.Fatal(err)
				}
				docs = append(docs, d)
			}
			var sink result.Sink
			sink.Report(tt.found...)
			if err := (Analyzer{}).Analyze(t.Context(), index.New(result.Target{Name: "t"}, docs), &sink); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range sink.TakePaths() {
				var kinds []string
				for _, s := range p.Steps {
					kinds = append(kinds, string(s.Kind))
					if len(s.Places) == 0 {
						t.Errorf("step %s has no line", s.Kind)
					}
				}
				got = append(got, strings.Join(kinds, " ")+": "+p.Goal)
			}
			if s := strings.Join(got, "\n"); s != tt.want {
				t.Errorf("got\n%s\nwant\n%s", s, tt.want)
			}
		})
	}
}
