package schema

import "strings"

// refPrefix begins references between the schemas of an OpenAPI 3 document.
const refPrefix = "#/components/schemas/"

// OpenAPI is the schema of a kind with those that it refers to, by name, as an
// OpenAPI 3 document has them; root is the kind's own. Both are nil where the
// kind is not known.
func (s *Set) OpenAPI(apiVersion, name string) (all map[string]any, root string) {
	r := s.Of(apiVersion, name)
	if r == nil {
		return nil, ""
	}
	g := ""
	version := apiVersion
	if i := strings.LastIndexByte(apiVersion, '/'); i >= 0 {
		g, version = apiVersion[:i], apiVersion[i+1:]
	}
	w := &openAPI{set: s, all: map[string]any{}}
	root = apiVersion + "/" + name
	own := w.schema(r.Schema)
	if r.Custom != nil {
		// Definitions leave out what every object has.
		props, _ := own["properties"].(map[string]any)
		if props == nil {
			props = map[string]any{}
			own["properties"] = props
		}
		props["apiVersion"], props["kind"] = map[string]any{"type": "string"}, map[string]any{"type": "string"}
		props["metadata"] = w.schema(&Schema{Ref: objectMeta})
	}
	own["x-kubernetes-group-version-kind"] = []any{map[string]any{"group": g, "version": version, "kind": name}}
	w.all[root] = own
	return w.all, root
}

type openAPI struct {
	set *Set
	all map[string]any
}

func (w *openAPI) schema(sc *Schema) map[string]any {
	out := map[string]any{}
	if sc.Ref != "" {
		if _, ok := w.all[sc.Ref]; !ok {
			w.all[sc.Ref] = out // recursive types
			if def := w.set.release.definition(sc.Ref); def != nil {
				w.all[sc.Ref] = w.schema(def)
			}
		}
		return map[string]any{"$ref": refPrefix + sc.Ref}
	}
	switch {
	case sc.Format == "int-or-string" || sc.Custom != nil && sc.Custom.IntOrString:
		out["x-kubernetes-int-or-string"] = true
		return out
	case sc.Format == "quantity":
		return map[string]any{"type": "string"}
	}
	if sc.Type != "" {
		out["type"] = sc.Type
	}
	if sc.Format != "" {
		out["format"] = sc.Format
	}
	if x := sc.Custom; x != nil {
		if x.Preserve {
			out["x-kubernetes-preserve-unknown-fields"] = true
		}
		if x.Embedded {
			out["x-kubernetes-embedded-resource"] = true
		}
		if x.Nullable {
			out["nullable"] = true
		}
	}
	if sc.Atomic {
		out["x-kubernetes-map-type"] = "atomic"
	}
	if len(sc.Props) > 0 {
		props := map[string]any{}
		for name, p := range sc.Props {
			props[name] = w.schema(p)
		}
		out["properties"] = props
	}
	if sc.Values != nil {
		out["additionalProperties"] = w.schema(sc.Values)
	}
	if sc.Items != nil {
		out["items"] = w.schema(sc.Items)
		switch {
		case len(sc.Keys) > 0:
			out["x-kubernetes-list-type"] = "map"
			keys := []any{}
			for _, k := range sc.Keys {
				keys = append(keys, k)
			}
			out["x-kubernetes-list-map-keys"] = keys
		case sc.Set || sc.Custom != nil && sc.Custom.Set:
			out["x-kubernetes-list-type"] = "set"
		default:
			out["x-kubernetes-list-type"] = "atomic"
		}
	}
	return out
}
