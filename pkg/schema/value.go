package schema

import (
	"math"
	"strconv"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// jsonType is the type that a field has once it is JSON for the API server:
// null, boolean, integer, number, string, array or object. kubectl's decoder
// reads YAML 1.1, in which a plain "yes" is a boolean.
func jsonType(p manifest.Place) string {
	n := p.Node()
	if n == nil {
		return "null"
	}
	switch n.Kind {
	case yaml.MappingNode:
		return "object"
	case yaml.SequenceNode:
		return "array"
	}
	if _, ok := p.Bool(); ok {
		return "boolean"
	}
	switch n.Tag {
	case "!!null":
		return "null"
	case "!!int":
		return "integer"
	case "!!float":
		if _, ok := p.Int(); ok {
			return "integer"
		}
		return "number"
	}
	return "string" // timestamps too
}

// number is the field's number; ok is false for what is none.
func number(p manifest.Place) (float64, bool) {
	if v, ok := p.Int(); ok {
		return float64(v), true
	}
	if n := p.Node(); n != nil && n.Kind == yaml.ScalarNode && (n.Tag == "!!float" || n.Tag == "!!int") {
		f, err := strconv.ParseFloat(n.Value, 64)
		return f, err == nil && !math.IsNaN(f)
	}
	return 0, false
}

// Value is the field as an API server decodes it from JSON: nil, bool, int64,
// float64, string, []any or map[string]any.
func Value(p manifest.Place) any {
	switch jsonType(p) {
	case "object":
		out := map[string]any{}
		for name, v := range p.Entries() {
			out[name] = Value(v)
		}
		for _, name := range mergedKeys(p) {
			if _, ok := out[name]; !ok {
				out[name] = Value(p.At(name))
			}
		}
		return out
	case "array":
		out := []any{}
		for it := range p.Items() {
			out = append(out, Value(it))
		}
		return out
	case "boolean":
		b, _ := p.Bool()
		return b
	case "integer":
		if v, ok := p.Int(); ok {
			return v
		}
		f, _ := number(p)
		return f
	case "number":
		f, _ := number(p)
		return f
	case "string":
		return p.Node().Value
	}
	return nil
}

// mergedKeys lists what the mapping takes over through "<<".
func mergedKeys(p manifest.Place) []string {
	var out []string
	var walk func(n *yaml.Node, own bool)
	walk = func(n *yaml.Node, own bool) {
		for n != nil && n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		if n == nil {
			return
		}
		if n.Kind == yaml.SequenceNode {
			for _, c := range n.Content {
				walk(c, false)
			}
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Tag == "!!merge" {
				walk(n.Content[i+1], false)
			} else if !own {
				out = append(out, n.Content[i].Value)
			}
		}
	}
	walk(p.Node(), true)
	return out
}
