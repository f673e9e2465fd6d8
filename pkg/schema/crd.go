package schema

import (
	"encoding/json"
	"regexp"

	"github.com/kustoms-dev/kustoms/pkg/cel"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Define reads the CustomResourceDefinitions among the objects. Of two that
// define one kind the first wins.
func Define(objects []*manifest.Object) *Definitions {
	d := &Definitions{kinds: map[kind]*lazy{}, resources: map[kind]string{}, webhooks: map[kind]bool{}}
	for _, o := range objects {
		if !o.Is("apiextensions.k8s.io", "CustomResourceDefinition") {
			continue
		}
		spec := o.At("spec")
		group, name := spec.At("group").Str(), spec.At("names", "kind").Str()
		old := o.Key.APIVersion == "apiextensions.k8s.io/v1beta1"
		keep := spec.At("preserveUnknownFields").IsTrue() || old && !spec.At("preserveUnknownFields").Exists()
		add := func(version string, at manifest.Place) {
			k := kind{group + "/" + version, name}
			if d.resources[k] == "" {
				d.resources[k], d.webhooks[k] = spec.At("names", "plural").Str(), spec.At("conversion", "strategy").Str() == "Webhook"
			}
			if !at.IsMap() || d.kinds[k] != nil {
				return
			}
			d.kinds[k] = &lazy{read: func() *Root { return readCustom(at, keep) }}
		}
		for v := range spec.At("versions").Items() {
			add(v.At("name").Str(), v.At("schema", "openAPIV3Schema"))
			add(v.At("name").Str(), spec.At("validation", "openAPIV3Schema"))
		}
		add(spec.At("version").Str(), spec.At("validation", "openAPIV3Schema"))
	}
	return d
}

// readCustom reads a definition's schema; nil if it is none.
func readCustom(at manifest.Place, keep bool) *Root {
	raw, ok := Value(at).(map[string]any)
	if !ok {
		return nil
	}
	data, err := json.Marshal(raw)
	if err != nil {
		return nil
	}
	var props jsonSchema
	if err := json.Unmarshal(data, &props); err != nil {
		return nil
	}
	sc := props.schema()
	sc.Custom.Preserve = sc.Custom.Preserve || keep
	root := &Root{Schema: sc}
	root.rules, root.rulesErr = cel.CompileResource(raw)
	root.defaults = cel.ReadDefaults(raw)
	return root
}

// jsonSchema is a schema as a CustomResourceDefinition has it.
type jsonSchema struct {
	Type       string                 `json:"type"`
	Format     string                 `json:"format"`
	Properties map[string]*jsonSchema `json:"properties"`
	Additional json.RawMessage        `json:"additionalProperties"` // a schema or a boolean
	Items      *jsonSchema            `json:"items"`
	Required   []string               `json:"required"`
	Enum       []any                  `json:"enum"`
	Default    any                    `json:"default"`
	Nullable   bool                   `json:"nullable"`
	Pattern    string                 `json:"pattern"`
	Minimum    *float64               `json:"minimum"`
	Maximum    *float64               `json:"maximum"`
	MultipleOf *float64               `json:"multipleOf"`
	ExclMin    bool                   `json:"exclusiveMinimum"`
	ExclMax    bool                   `json:"exclusiveMaximum"`
	MinLength  *int64                 `json:"minLength"`
	MaxLength  *int64                 `json:"maxLength"`
	MinItems   *int64                 `json:"minItems"`
	MaxItems   *int64                 `json:"maxItems"`
	MinProps   *int64                 `json:"minProperties"`
	MaxProps   *int64                 `json:"maxProperties"`
	Unique     bool                   `json:"uniqueItems"`
	AllOf      []*jsonSchema          `json:"allOf"`
	AnyOf      []*jsonSchema          `json:"anyOf"`
	OneOf      []*jsonSchema          `json:"oneOf"`
	Not        *jsonSchema            `json:"not"`

	Preserve    bool     `json:"x-kubernetes-preserve-unknown-fields"`
	IntOrString bool     `json:"x-kubernetes-int-or-string"`
	Embedded    bool     `json:"x-kubernetes-embedded-resource"`
	ListType    string   `json:"x-kubernetes-list-type"`
	ListKeys    []string `json:"x-kubernetes-list-map-keys"`
}

func (j *jsonSchema) schema() *Schema {
	if j == nil {
		return nil
	}
	x := &Custom{
		IntOrString: j.IntOrString, Preserve: j.Preserve, Embedded: j.Embedded,
		Nullable: j.Nullable, Set: j.ListType == "set", Default: j.Default != nil,
		Minimum: j.Minimum, Maximum: j.Maximum, MultipleOf: j.MultipleOf,
		ExclusiveMinimum: j.ExclMin, ExclusiveMaximum: j.ExclMax,
		MinLength: j.MinLength, MaxLength: j.MaxLength, MinItems: j.MinItems, MaxItems: j.MaxItems,
		MinProps: j.MinProps, MaxProps: j.MaxProps, UniqueItems: j.Unique,
		AllOf: all(j.AllOf), AnyOf: all(j.AnyOf), OneOf: all(j.OneOf), Not: j.Not.schema(),
	}
	for _, v := range j.Enum {
		x.Enum = append(x.Enum, v) // numbers are float64, which contains knows
	}
	if j.Pattern != "" {
		// A definition with a pattern that does not compile is refused itself.
		x.Pattern, _ = regexp.Compile(j.Pattern)
	}
	sc := &Schema{Type: j.Type, Format: j.Format, Required: j.Required, Items: j.Items.schema(), Custom: x}
	if j.ListType == "map" {
		sc.Keys = j.ListKeys
	}
	for name, p := range j.Properties {
		if sc.Props == nil {
			sc.Props = map[string]*Schema{}
		}
		if sc.Props[name] = p.schema(); p == nil {
			sc.Props[name] = &Schema{Custom: &Custom{Preserve: true}}
		}
	}
	switch text := string(j.Additional); text {
	case "", "null", "false":
	case "true":
		x.Preserve = true
	default:
		var sub jsonSchema
		if json.Unmarshal(j.Additional, &sub) == nil {
			sc.Values = sub.schema()
		}
	}
	return sc
}

func all(list []*jsonSchema) []*Schema {
	var out []*Schema
	for _, j := range list {
		if sc := j.schema(); sc != nil {
			out = append(out, sc)
		}
	}
	return out
}
