package report

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Schema is the JSON Schema of the json format, made of the Go types, which
// are its only definition. A reader of version 1 may meet fields that it does
// not know: adding one is no new version.
func Schema() ([]byte, error) {
	defs := map[string]any{}
	root := schemaOf(reflect.TypeFor[result.Report](), defs)
	out := map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "kustoms report, schema version " + result.SchemaVersion,
		"$ref":    root["$ref"], "$defs": defs,
	}
	b, err := json.MarshalIndent(out, "", "  ")
	return append(b, '\n'), err
}

func schemaOf(t reflect.Type, defs map[string]any) map[string]any {
	if t.Kind() == reflect.Pointer {
		return schemaOf(t.Elem(), defs)
	}
	if t == reflect.TypeFor[result.Severity]() {
		var names []string
		for _, s := range result.Severities() {
			names = append(names, s.String())
		}
		return map[string]any{"enum": names}
	}
	if t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Array:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), defs), "minItems": t.Len(), "maxItems": t.Len()}
	case reflect.Slice: // a nil one is null
		return map[string]any{"type": []string{"array", "null"}, "items": schemaOf(t.Elem(), defs)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem(), defs)}
	case reflect.Struct:
		if _, ok := defs[t.Name()]; !ok {
			def := map[string]any{"type": "object"}
			defs[t.Name()] = def
			props, required := map[string]any{}, []string{}
			fields(t, defs, props, &required)
			def["properties"] = props
			if len(required) > 0 {
				def["required"] = required
			}
			if t == reflect.TypeFor[result.Report]() {
				props["schema"] = map[string]any{"const": result.SchemaVersion}
			}
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	}
	return map[string]any{} // anything
}

func fields(t reflect.Type, defs map[string]any, props map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case f.Anonymous && name == "":
			fields(f.Type, defs, props, required)
		default:
			if name == "" {
				name = f.Name
			}
			props[name] = schemaOf(f.Type, defs)
			if !strings.Contains(opts, "omit") {
				*required = append(*required, name)
			}
		}
	}
}
