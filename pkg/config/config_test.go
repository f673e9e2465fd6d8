package config

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

func TestParse(t *testing.T) {
	c, err := Parse("c.yaml", []byte("\ufeff# first\r\n---\r\n"+strings.ReplaceAll(`
paths: [deploy, ./charts/]
exclude: ["**/testdata/**"]
kubeVersion: 1.30
failOn: medium
discover: true
rules:
  run-as-non-root: off
  pod: critical
  image-mutable-tag: {severity: low, params: {tags: [latest]}}
  network: on
  rbac: false
targets:
  - {name: a, chart: charts/a, values: [v.yaml], set: [x=1], includeCRDs: false, namespace: n}
suppressions:
  - rule: x
    reason: because
    expires: 2030-01-31
limits: {maxFileSize: 2MB}
`, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Paths, []Path{"deploy", "charts"}; !cmp.Equal(got, want) {
		t.Errorf("paths %v, want %v", got, want)
	}
	if c.KubeVersion != "v1.30.0" || c.FailOn != "medium" || !c.Discovers() || c.Limits.MaxFileSize != 2<<20 {
		t.Errorf("scalars: %+v", c)
	}
	if r := c.Rules["run-as-non-root"]; r.Enabled == nil || *r.Enabled || r.At.Start.Line != 10 {
		t.Errorf("run-as-non-root: %+v", r)
	}
	if r := c.Rules["pod"]; r.Severity == nil || *r.Severity != result.Critical || !*r.Enabled {
		t.Errorf("pod: %+v", r)
	}
	if r := c.Rules["rbac"]; r.Enabled == nil || *r.Enabled {
		t.Errorf("rbac: %+v", r)
	}
	var params struct {
		Tags []string `yaml:"tags"`
	}
	r := c.Rules["image-mutable-tag"]
	if err := DecodeNode(c.Path, r.Params, &params); err != nil || !cmp.Equal(params.Tags, []string{"latest"}) {
		t.Errorf("params %+v: %v", params, err)
	}
	if s := c.Suppressions[0]; s.Expires != "2030-01-31" || s.At.Start.Line != 18 {
		t.Errorf("suppression %+v", s)
	}
	if h := c.Targets[0].helm("charts/a", "", nil); !h.SkipCRDs || h.Release != "a" {
		t.Errorf("helm %+v", h)
	}
}

func TestParseErrors(t *testing.T) {
	for name, tc := range map[string]struct{ in, want, hint string }{
		"unknown key":    {"# x\nfailon: high", `c.yaml:2: unknown key "failon" (known: paths,`, `did you mean "failOn"?`},
		"nested unknown": {"targets:\n- name: a\n  chrt: x", `c.yaml:3: unknown key "chrt" in targets[0]`, `did you mean "chart"?`},
		"wrong type":     {"paths: deploy", `c.yaml:1: paths: want a list, got "deploy"`, ""},
		"not a bool":     {"discover: 3", `c.yaml:1: discover: want true or false, got "3"`, ""},
		"bool as text":   {"failOn: true", `c.yaml:1: failOn: want a string, got "true"`, ""},
		"enum":           {"failOn: severe", `"severe" is no threshold (want critical, high, medium, low, info or none)`, ""},
		"duplicate":      {"failOn: high\nfailOn: low", `c.yaml:2: key "failOn" is already set on line 1`, ""},
		"missing":        {"targets:\n- chart: x", `c.yaml:2: targets[0]: "name" is missing`, ""},
		"outside":        {"paths: [../x]", `c.yaml:1: paths[0]: "../x" leads out of the repository`, ""},
		"glob":           {"exclude: ['[']", `c.yaml:1: exclude[0]: "[" is not a glob`, ""},
		"rule":           {"rules: {a: maybe}", `want off, on, a severity`, ""},
		"rule key":       {"rules:\n  a:\n    sverity: low", `c.yaml:3: unknown key "sverity"`, `did you mean "severity"?`},
		"syntax":         {"# x\n---\n# y\npaths: [", `c.yaml:4: not valid YAML`, ""},
		"two documents":  {"failOn: low\n---\nfailOn: high\n", `c.yaml:3: a second YAML document`, ""},
		"list":           {"- a", `c.yaml:1: want a mapping, got a list`, ""},
		"size":           {"limits: {maxFileSize: big}", `"big" is not a size`, ""},
		"version":        {"kubeVersion: new", `"new" is not a Kubernetes version`, ""},
		"merge key":      {"x: &x {}\n<<: *x", `c.yaml:2: want a plain key`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("c.yaml", []byte(tc.in))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error %v, want %q", err, tc.want)
			}
			if tc.hint != "" {
				e := err.(interface{ Unwrap() []error }).Unwrap()[0].(*Error)
				if e.Hint != tc.hint {
					t.Errorf("hint %q, want %q", e.Hint, tc.hint)
				}
			}
		})
	}
}

// The starter must decode as it is, and with its commented parts put in force.
func TestStarter(t *testing.T) {
	if _, err := Parse("starter.yaml", Starter); err != nil {
		t.Error(err)
	}
	active := regexp.MustCompile(`(?m)^# ((?:targets|matrix|rules|intents|suppressions|discover|gitops|image):.*|  +\S.*)$`).ReplaceAll(Starter, []byte("$1"))
	c, err := Parse("starter.yaml", active)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Targets) != 3 || len(c.Matrix) != 1 || len(c.Rules) != 2 || len(c.Suppressions) != 1 || len(c.GitOps.Repositories) != 1 || len(c.Intents) != 2 || c.Image.FailOn != "critical" {
		t.Errorf("the commented parts are not all there: %+v", c)
	}
}

// Every key is documented and known to the decoder, and the schema is closed.
func TestSchema(t *testing.T) {
	data, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	var walk func(path string, s map[string]any)
	walk = func(path string, s map[string]any) {
		props, _ := s["properties"].(map[string]any)
		if props != nil && s["additionalProperties"] != false {
			t.Errorf("%s is open", path)
		}
		for k, p := range props {
			p := p.(map[string]any)
			if p["description"] == "" || p["description"] == nil {
				t.Errorf("%s.%s has no description", path, k)
			}
			walk(path+"."+k, p)
		}
		if items, ok := s["items"].(map[string]any); ok {
			walk(path+"[]", items)
		}
		if add, ok := s["additionalProperties"].(map[string]any); ok {
			walk(path+".*", add)
		}
		for _, o := range asList(s["oneOf"]) {
			walk(path, o.(map[string]any))
		}
	}
	walk("", root)
	if n := len(root["properties"].(map[string]any)); n != 18 {
		t.Errorf("%d top-level keys", n)
	}
}

func asList(v any) []any { l, _ := v.([]any); return l }

func FuzzParse(f *testing.F) {
	f.Add(Starter)
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("rules: {x: {params: {a: [1, 2]}}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := Parse("c.yaml", data); (c == nil) == (err == nil) {
			t.Fatal("want either a configuration or an error")
		}
	})
}

// Intents are read strictly, each fault with its line.
func TestIntents(t *testing.T) {
	c, err := Parse("x.yaml", []byte("intents:\n  - only: {from: a/b, to: c/d, port: 8080}\n  - deny: {from: \"*\", to: internet, except: [e/f]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Intents) != 2 || c.Intents[1].At.Start.Line != 3 || c.Intents[0].Only.Port.Lo != 8080 {
		t.Errorf("read as %+v", c.Intents)
	}
	for text, want := range map[string]string{
		"intents:\n  - only: {from: a, to: b/c}\n":                    `x.yaml:2: intents[0].only.from: "a" is no side`,
		"intents:\n  - allow: {to: b/c}\n":                            `x.yaml:2: intents[0].allow: "from" is missing`,
		"intents:\n  - allow: {from: a/b, to: b/c, port: 70000}\n":    "x.yaml:2: intents[0].allow.port: \"70000\" is no port",
		"intents:\n  -\n    deny: {from: internet, to: 10.0.0.0/8}\n": "x.yaml:3: intents[0]: deny: neither",
		"intents:\n  - {}\n":                                          "x.yaml:2: intents[0]: an intent is one of only, allow and deny",
	} {
		if _, err := Parse("x.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
