package helm

import (
	"bytes"
	"encoding/json"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/sprig/v3"
	yaml3 "gopkg.in/yaml.v3"
	"sigs.k8s.io/yaml"
)

// helmFuncs are the template functions of Helm 3: sprig's without those that
// read the environment, and Helm's own encoders, whose errors are values
// (helm.sh/helm/v3/pkg/engine, funcs.go). Those that a render binds (include,
// tpl, required, fail) have placeholders, so that parsing knows the names.
func helmFuncs() template.FuncMap {
	f := sprig.TxtFuncMap()
	delete(f, "env")
	delete(f, "expandenv")
	for name, fn := range (template.FuncMap{
		"toToml":        toTOML,
		"fromToml":      decode(toml.Unmarshal),
		"toYaml":        toYAML,
		"toYamlPretty":  toYAMLPretty,
		"fromYaml":      decode(unmarshalYAML),
		"fromYamlArray": decodeArray(unmarshalYAML),
		"toJson":        toJSON,
		"fromJson":      decode(json.Unmarshal),
		"fromJsonArray": decodeArray(json.Unmarshal),
		"include":       func(string, any) string { return "" },
		"tpl":           func(string, any) any { return "" },
		"required":      func(string, any) (any, error) { return "", nil },
		"fail":          func(string) (string, error) { return "", nil },
		// There is no cluster to look into, and no network to ask.
		"lookup":        func(string, string, string, string) (map[string]any, error) { return map[string]any{}, nil },
		"getHostByName": func(string) string { return "" },
		markFunc:        func(any, any) string { return "" },
	}) {
		f[name] = fn
	}
	fixRandom(f)
	boundSizes(f)
	return f
}

func toYAML(v any) string {
	data, err := yaml.Marshal(v)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(data), "\n")
}

func toYAMLPretty(v any) string {
	var b bytes.Buffer
	enc := yaml3.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func toTOML(v any) string {
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(v); err != nil {
		return err.Error()
	}
	return b.String()
}

func toJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(data)
}

func unmarshalYAML(data []byte, v any) error { return yaml.Unmarshal(data, v) }

// decode reads an object; an error is its "Error" entry, as in Helm.
func decode(unmarshal func([]byte, any) error) func(string) map[string]any {
	return func(s string) map[string]any {
		m := map[string]any{}
		if err := unmarshal([]byte(s), &m); err != nil {
			m["Error"] = err.Error()
		}
		return m
	}
}

// decodeArray reads a list; an error is its only item, as in Helm.
func decodeArray(unmarshal func([]byte, any) error) func(string) []any {
	return func(s string) []any {
		a := []any{}
		if err := unmarshal([]byte(s), &a); err != nil {
			a = []any{err.Error()}
		}
		return a
	}
}
