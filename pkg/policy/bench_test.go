package policy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/policy"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// BenchmarkAnalyze asks five policies, one with a parameter, variables and a
// message of its own, and one mutation about every object. Compiling and parsing
// are left out; BenchmarkGather compiles.
func BenchmarkAnalyze(b *testing.B) {
	policies := benchPolicies()
	set := compiled(b, policies)
	if f := set.Faults(); len(f) > 0 {
		b.Fatal(f)
	}
	for _, n := range []int{100, 1000, 2000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var s strings.Builder
			s.WriteString("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: limits, namespace: shop}\ndata: {max: \"3\"}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
			for i := range n - 2 {
				if i%2 == 0 {
					fmt.Fprintf(&s, "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w%d, namespace: shop}\nspec: {replicas: %d, selector: {matchLabels: {app: w}}, template: {metadata: {labels: {app: w}}, spec: {containers: [{name: c, image: \"r/a:1\", ports: [{containerPort: 80}], env: [{name: A, value: b}]}]}}}\n", i, i%5)
				} else {
					fmt.Fprintf(&s, "---\napiVersion: v1\nkind: Service\nmetadata: {name: w%d, namespace: shop}\nspec: {selector: {app: w}, ports: [{port: 80}]}\n", i)
				}
			}
			x := load(b, s.String())
			b.ReportAllocs()
			found := 0
			for b.Loop() {
				var sink result.Sink
				if err := (policy.Analyzer{Set: set}).Analyze(context.Background(), x, &sink); err != nil {
					b.Fatal(err)
				}
				f, _ := sink.Take()
				found = len(f)
			}
			if found < n/20 {
				b.Fatal("findings: ", found)
			}
			b.ReportMetric(float64(found), "findings")
		})
	}
}

func BenchmarkGather(b *testing.B) {
	for b.Loop() {
		compiled(b, benchPolicies())
	}
}

func benchPolicies() string {
	return `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: limit}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]}
  matchConditions: [{name: named, expression: object.metadata.name != "none"}]
  variables:
  - {name: max, expression: int(params.data.max)}
  - {name: containers, expression: object.spec.template.spec.containers}
  validations:
  - expression: object.spec.replicas <= variables.max
    messageExpression: "'at most ' + string(variables.max) + ', not ' + string(object.spec.replicas)"
  - expression: variables.containers.all(c, c.image.startsWith('r/') && c.image.matches(':[0-9]+$'))
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: limit}
spec: {policyName: limit, validationActions: [Deny], paramRef: {name: limits, namespace: shop, parameterNotFoundAction: Deny}}
---
{id: owned, expression: "'owner' in object.metadata.?labels.orValue({})", message: no owner, kinds: [Service], severity: low}
---
{id: ports, expression: "object.spec.ports.all(p, p.port > 10)", kinds: [Service]}
---
{id: env, expression: "object.spec.template.spec.containers.all(c, c.?env.orValue([]).all(e, e.name != 'B'))", kinds: [Deployment]}
---
{id: named, expression: "object.metadata.name.size() < 60"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: team}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]}
  mutations: [{patchType: ApplyConfiguration, applyConfiguration: {expression: 'Object{metadata: Object.metadata{labels: {"team": "a"}}}'}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: team}
spec: {policyName: team}
`
}
