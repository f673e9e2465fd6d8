package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// strictSchemas writes the JSON Schemas that kubeconform reads, one a kind, of
// Kubernetes' published OpenAPI document, by the rules by which kubeconform's
// own "standalone-strict" ones are made: objects with properties take no other
// ones, optional fields take null, and where a document says string, quantities
// take numbers and int-or-string integers.
func strictSchemas(ctx context.Context, dir string) error {
	out, err := exec.CommandContext(ctx, "go", "mod", "download", "-json", "k8s.io/kubernetes@"+kubeVersion).Output()
	if err != nil {
		return fmt.Errorf("downloading k8s.io/kubernetes@%s: %w", kubeVersion, err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(module.Dir, "api", "openapi-spec", "swagger.json"))
	if err != nil {
		return err
	}
	var doc struct{ Definitions map[string]map[string]any }
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	for name, d := range doc.Definitions {
		switch name {
		case "io.k8s.apimachinery.pkg.util.intstr.IntOrString":
			doc.Definitions[name] = map[string]any{"type": []string{"string", "integer", "null"}}
		case "io.k8s.apimachinery.pkg.api.resource.Quantity":
			doc.Definitions[name] = map[string]any{"type": []string{"string", "number", "null"}}
		default:
			strict(d)
		}
	}
	for name, d := range doc.Definitions {
		kinds, _ := d["x-kubernetes-group-version-kind"].([]any)
		if len(kinds) != 1 {
			continue
		}
		k, _ := kinds[0].(map[string]any)
		group, _, _ := strings.Cut(fmt.Sprint(k["group"]), ".")
		suffix := fmt.Sprint("-", k["version"])
		if group != "" {
			suffix = "-" + group + suffix
		}
		reach := map[string]any{}
		reachable(doc.Definitions, name, reach)
		text, err := json.Marshal(map[string]any{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/" + name, "definitions": reach})
		if err != nil {
			return err
		}
		file := filepath.Join(dir, strings.ToLower(fmt.Sprint(k["kind"], suffix))+".json")
		if err := os.WriteFile(file, text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

func strict(d map[string]any) {
	props, _ := d["properties"].(map[string]any)
	if len(props) > 0 && d["additionalProperties"] == nil {
		d["additionalProperties"] = false
	}
	required := map[string]bool{}
	list, _ := d["required"].([]any)
	for _, r := range list {
		required[fmt.Sprint(r)] = true
	}
	for name, p := range props {
		sub := p.(map[string]any)
		strict(sub)
		if required[name] {
			continue
		}
		if t, ok := sub["type"].(string); ok {
			sub["type"] = []string{t, "null"}
		} else if ref, ok := sub["$ref"]; ok {
			props[name] = map[string]any{"anyOf": []any{map[string]any{"$ref": ref}, map[string]any{"type": "null"}}}
		}
	}
	for _, below := range []string{"items", "additionalProperties"} {
		if sub, ok := d[below].(map[string]any); ok {
			strict(sub)
		}
	}
}

// reachable gathers a definition and all that it refers to.
func reachable(all map[string]map[string]any, name string, into map[string]any) {
	if into[name] != nil {
		return
	}
	into[name] = all[name]
	var walk func(v any)
	walk = func(v any) {
		switch n := v.(type) {
		case map[string]any:
			if ref, ok := n["$ref"].(string); ok {
				reachable(all, strings.TrimPrefix(ref, "#/definitions/"), into)
			}
			for _, sub := range n {
				walk(sub)
			}
		case []any:
			for _, sub := range n {
				walk(sub)
			}
		}
	}
	walk(all[name])
}
