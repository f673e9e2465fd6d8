package policy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/openapi/openapitest"
	"sigs.k8s.io/yaml"

	"github.com/kustoms-dev/kustoms/pkg/cel"
)

// published are the schemas of a group version that Kubernetes serves.
func published(t *testing.T, path string) map[string]any {
	t.Helper()
	paths, err := openapitest.NewEmbeddedFileClient().Paths()
	if err != nil {
		t.Fatal(err)
	}
	data, err := paths[path].Schema("application/json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Components.Schemas
}

func mutating(t *testing.T, mutation string) *cel.Policy {
	t.Helper()
	var o map[string]any
	text := "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingAdmissionPolicy\nmetadata: {name: m}\nspec:\n  mutations:\n  - " + strings.ReplaceAll(mutation, "\n", "\n    ")
	if err := yaml.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	p, faults := cel.CompilePolicy(o)
	if faults != nil {
		t.Fatalf("%+v", faults)
	}
	return p
}

// TestMergedAsPublished holds the embedded schemas to those that an API server
// serves: both merge the same, item by item where lists have keys.
func TestMergedAsPublished(t *testing.T) {
	deployment := `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: a, labels: {app: web}}, spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {
		tolerations: [{key: a, operator: Exists}], containers: [{name: web, image: "web:1", ports: [{containerPort: 80, protocol: TCP}], env: [{name: A, value: "1"}], args: [x]}]}}}}`
	service := `{apiVersion: v1, kind: Service, metadata: {name: web, finalizers: [a]}, spec: {selector: {app: web}, ports: [{port: 80, protocol: TCP}]}}`
	for name, c := range map[string]struct{ object, path, mutation, want string }{
		"item by key": {deployment, "apis/apps/v1", `Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [Object.spec.template.spec.containers{name: "web", image: "web:2"}, Object.spec.template.spec.containers{name: "proxy", image: "p:1"}]}}}}`,
			`"image":"web:2"`},
		"two keys":   {deployment, "apis/apps/v1", `Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [Object.spec.template.spec.containers{name: "web", ports: [Object.spec.template.spec.containers.ports{containerPort: 80, protocol: "UDP"}]}]}}}}`, `"protocol":"UDP"`},
		"map":        {deployment, "apis/apps/v1", `Object{metadata: Object.metadata{labels: {"team": "a"}}}`, `"team":"a"`},
		"new field":  {deployment, "apis/apps/v1", `Object{spec: Object.spec{replicas: 3}}`, `"replicas":3`},
		"set":        {service, "api/v1", `Object{metadata: Object.metadata{finalizers: ["b"]}}`, `["a","b"]`},
		"atomic map": {service, "api/v1", `Object{spec: Object.spec{selector: {"tier": "x"}}}`, `may not mutate atomic arrays, maps or structs: .spec.selector`},
	} {
		t.Run(name, func(t *testing.T) {
			var o map[string]any
			if err := yaml.Unmarshal([]byte(strings.ReplaceAll(c.object, "\t", " ")), &o); err != nil {
				t.Fatal(err)
			}
			x := load(t, c.object)
			ours, root := x.Schemas().OpenAPI(o["apiVersion"].(string), o["kind"].(string))
			if root == "" {
				t.Fatal("no schema")
			}
			p := mutating(t, fmt.Sprintf("{patchType: ApplyConfiguration, applyConfiguration: {expression: %q}}", c.mutation))
			var texts []string
			for _, schemas := range []map[string]any{published(t, c.path), ours} {
				types, err := cel.NewTypes(schemas, x.Schemas().Default)
				if err != nil {
					t.Fatal(err)
				}
				obj, err := cel.NewObject(o)
				if err != nil {
					t.Fatal(err)
				}
				got := p.Mutate(context.Background(), &cel.Request{Object: obj, Resource: "x"}, nil, types)
				v, err := got.Object.JSON()
				if err != nil {
					t.Fatal(err)
				}
				data, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				texts = append(texts, string(data)+fmt.Sprint(got.Decisions))
			}
			if diff := cmp.Diff(texts[0], texts[1]); diff != "" {
				t.Errorf("as published (-), as embedded (+):\n%s", diff)
			}
			if !strings.Contains(texts[0], c.want) {
				t.Errorf("no %s in %s", c.want, texts[0])
			}
		})
	}
}
