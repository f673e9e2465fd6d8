package config

import (
	"encoding"
	"encoding/json"
	"reflect"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// schema is a JSON Schema, marshalled in this order of keys.
type schema struct {
	Schema      string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        any                `json:"type,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	// Additional is false, or the schema of a map's values.
	Additional any       `json:"additionalProperties,omitempty"`
	OneOf      []*schema `json:"oneOf,omitempty"`
}

// Schema is the JSON Schema of the configuration file, for editors.
func Schema() ([]byte, error) {
	s := schemaOf(reflect.TypeFor[Config]())
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = FileName
	return json.MarshalIndent(s, "", "  ")
}

func schemaOf(t reflect.Type) *schema {
	if t.Kind() == reflect.Pointer && t != reflect.TypeFor[*yaml.Node]() {
		return schemaOf(t.Elem())
	}
	switch t {
	case reflect.TypeFor[*yaml.Node]():
		return &schema{Type: "object"}
	case reflect.TypeFor[result.Severity]():
		return &schema{Enum: severityNames()}
	case reflect.TypeFor[Policy]():
		return &schema{OneOf: []*schema{{Type: "string"}, structSchema(t)}}
	case reflect.TypeFor[Rule]():
		// YAML 1.1 readers take off and on for booleans.
		return &schema{OneOf: []*schema{
			{Enum: append([]string{"off", "on"}, severityNames()...)},
			{Type: "boolean"},
			structSchema(t),
		}}
	}
	if e, ok := reflect.Zero(t).Interface().(interface{ Enum() []string }); ok {
		return &schema{Enum: e.Enum()}
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		if t.Kind() == reflect.String || t == reflect.TypeFor[Duration]() {
			return &schema{Type: "string"}
		}
		return &schema{Type: []string{"string", "integer"}}
	}
	switch t.Kind() {
	case reflect.Struct:
		return structSchema(t)
	case reflect.Map:
		return &schema{Type: "object", Additional: schemaOf(t.Elem())}
	case reflect.Slice:
		return &schema{Type: "array", Items: schemaOf(t.Elem())}
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Int, reflect.Int64:
		return &schema{Type: "integer"}
	case reflect.Float64:
		return &schema{Type: "number"}
	}
	return &schema{Type: "string"}
}

func structSchema(t reflect.Type) *schema {
	s := &schema{Type: "object", Properties: map[string]*schema{}, Additional: false}
	for _, f := range fieldsOf(t) {
		p := schemaOf(f.typ)
		p.Description = f.doc
		s.Properties[f.name] = p
		if f.required {
			s.Required = append(s.Required, f.name)
		}
	}
	return s
}
