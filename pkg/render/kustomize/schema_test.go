package kustomize

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/openapi"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
)

// build parses the builtin schema before krusty needs it: what krusty asks of
// an unparsed schema must have the same answers.
func TestParsedSchemaAnswersAlike(t *testing.T) {
	if turns.Acquire(t.Context(), maxBuilds) != nil {
		t.Fatal("no turn")
	}
	defer turns.Release(maxBuilds)
	openapi.ResetOpenAPI()
	var kinds []kyaml.TypeMeta
	for _, d := range openapi.Schema().Definitions {
		gvks, _ := d.Extensions["x-kubernetes-group-version-kind"].([]any)
		for _, g := range gvks {
			m, ok := g.(map[string]any)
			if !ok {
				continue
			}
			api, _ := m["version"].(string)
			if group, _ := m["group"].(string); group != "" {
				api = group + "/" + api
			}
			kind, _ := m["kind"].(string)
			kinds = append(kinds, kyaml.TypeMeta{APIVersion: api, Kind: kind})
		}
	}
	if len(kinds) < 50 {
		t.Fatalf("%d kinds in the schema", len(kinds))
	}
	openapi.ResetOpenAPI()
	unparsed := map[kyaml.TypeMeta][2]bool{}
	for _, k := range kinds {
		a, b := openapi.IsNamespaceScoped(k)
		unparsed[k] = [2]bool{a, b}
	}
	openapi.Schema()
	for k, want := range unparsed {
		if a, b := openapi.IsNamespaceScoped(k); want != [2]bool{a, b} {
			t.Errorf("%v: parsed %v %v, unparsed %v", k, a, b, want)
		}
	}
}
