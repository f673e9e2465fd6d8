// Package cel evaluates CEL as an API server does, with its own library,
// environment and cost limits. It knows no object of ours: values come in as
// JSON has them. Nothing else imports cel-go or k8s.io/apiserver/pkg/cel, so
// that every expression of a scanned repository is bounded here.
package cel

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	crdcel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apimachinery/pkg/api/meta"
	kinds "k8s.io/apimachinery/pkg/runtime/schema"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// Resource holds the x-kubernetes-validations of a custom resource's schema.
// Safe for concurrent use.
type Resource struct {
	schema    *schema.Structural
	validator *crdcel.Validator
}

// Violation is a rule that an object breaks. Field is its path as the API
// server writes it ("spec.ports[0].name"), "" for the object.
type Violation struct{ Field, Message string }

// CompileResource compiles the rules of an openAPIV3Schema, given as JSON
// decodes it. It returns nil where there are none.
func CompileResource(openAPI map[string]any) (*Resource, error) {
	data, err := json.Marshal(openAPI)
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	if !strings.Contains(string(data), `"x-kubernetes-validations"`) {
		return nil, nil
	}
	s, err := structural(data)
	if err != nil {
		return nil, err
	}
	v := crdcel.NewValidator(s, true, celconfig.PerCallLimit)
	if v == nil {
		return nil, nil
	}
	return &Resource{s, v}, nil
}

func structural(data []byte) (*schema.Structural, error) {
	var external v1.JSONSchemaProps
	if err := json.Unmarshal(data, &external); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	var internal apiextensions.JSONSchemaProps
	if err := v1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&external, &internal, nil); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	s, err := schema.NewStructural(&internal)
	if err != nil {
		return nil, fmt.Errorf("the schema is not structural: %w", err)
	}
	return s, nil
}

// Defaults are those of a custom resource's schema. Safe for concurrent use.
type Defaults struct{ schema *schema.Structural }

// ReadDefaults reads the defaults of an openAPIV3Schema, given as JSON decodes
// it. It returns nil where there are none, or where the schema is not one that
// an API server takes.
func ReadDefaults(openAPI map[string]any) *Defaults {
	data, err := json.Marshal(openAPI)
	if err != nil || !strings.Contains(string(data), `"default"`) {
		return nil
	}
	s, err := structural(data)
	if err != nil {
		return nil
	}
	return &Defaults{s}
}

// Fill puts the defaults into an object.
func (d *Defaults) Fill(object map[string]any) {
	defaulting.PruneNonNullableNullsWithoutDefaults(object, d.schema)
	defaulting.Default(object, d.schema)
}

// Plural is a built-in kind's name in URLs: "networkpolicies".
func Plural(kind string) string {
	r, _ := meta.UnsafeGuessKindToResource(kinds.GroupVersionKind{Kind: kind})
	return r.Resource
}

// Validate evaluates the rules over a new object, which must fit the rest of
// its schema. The object is changed: defaults are filled in and unknown fields
// dropped, as before rules run in the API server. Rules that compare with an
// older object do not apply.
func (r *Resource) Validate(object map[string]any) []Violation {
	defaulting.PruneNonNullableNullsWithoutDefaults(object, r.schema)
	defaulting.Default(object, r.schema)
	pruning.Prune(object, r.schema, true)
	errs, _ := r.validator.Validate(context.Background(), nil, r.schema, object, nil, celconfig.RuntimeCELCostBudget)
	var out []Violation
	for _, e := range errs {
		path := e.Field
		if path == "<nil>" {
			path = ""
		}
		out = append(out, Violation{path, e.Detail})
	}
	return out
}
