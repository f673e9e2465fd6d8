package schema

import (
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

func objects(t testing.TB, text string) []*manifest.Object {
	t.Helper()
	var out []*manifest.Object
	for _, c := range manifest.Split([]byte(text)) {
		d := &manifest.Document{Text: c.Text, Line: c.Line}
		if err := d.Parse(); err != nil {
			t.Fatal(err)
		}
		out = append(out, d.Objects()...)
	}
	return out
}

// Every embedded definition decodes, and refers to nothing that is not there.
func TestTable(t *testing.T) {
	for _, r := range table() {
		if len(r.kinds) < 80 {
			t.Errorf("1.%d: %d kinds", r.minor, len(r.kinds))
		}
		for name := range r.defs {
			var walk func(sc *Schema)
			walk = func(sc *Schema) {
				if sc == nil {
					return
				}
				if sc.Ref != "" && r.definition(sc.Ref) == nil {
					t.Errorf("1.%d: %s refers to %s", r.minor, name, sc.Ref)
				}
				walk(sc.Items)
				walk(sc.Values)
				for _, p := range sc.Props {
					walk(p)
				}
			}
			walk(r.definition(name))
		}
		if r.definition(objectMeta) == nil {
			t.Errorf("1.%d: no metadata", r.minor)
		}
	}
}

func TestNearest(t *testing.T) {
	oldest, newest := Embedded()
	if newest-oldest != 4 {
		t.Errorf("versions %d to %d", oldest, newest)
	}
	for asked, want := range map[int]int{0: oldest, oldest: oldest, newest - 1: newest - 1, newest + 5: newest} {
		if got := NewSet(asked).Minor(); got != want {
			t.Errorf("1.%d is checked as 1.%d, want 1.%d", asked, got, want)
		}
	}
}

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.org}
spec:
  group: example.org
  names: {kind: Thing}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [kept]
              properties:
                kept: {type: string}
                maybe: {type: string, nullable: true}
                plain: {type: string}
                set: {type: array, x-kubernetes-list-type: set, items: {type: integer}}
                tags: {type: object, additionalProperties: {type: string, minLength: 2}}
                any: {x-kubernetes-preserve-unknown-fields: true}
                half: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: integer}}}
                inner: {type: object, x-kubernetes-embedded-resource: true, properties: {spec: {type: object, properties: {a: {type: string}}}}}
                closed: {type: object}
                even: {type: integer, multipleOf: 2, not: {enum: [4]}}
                either: {anyOf: [{type: integer}, {type: string}], x-kubernetes-int-or-string: true, pattern: "^[0-9]+%$"}
`

// One field of a custom resource at a time: what is wrong with it, "" if
// nothing.
func TestCustom(t *testing.T) {
	set := NewSet(34, Define(objects(t, definition)))
	for field, want := range map[string]string{
		"plain: x": "", "plain: 3": "is an integer where a string is wanted", "plain: yes": "is a boolean",
		"plain: 2024-01-01": "", "plain:": "", "maybe: null": "",
		"set: [1, 2]": "", "set: [1, 2, 1]": "spec.set[2] repeats the value", "set: [null]": "is null where an integer is wanted",
		"tags: {a: bb}": "", "tags: {a: b}": "spec.tags.a has 1 characters", "tags: {a: 1}": "is an integer",
		"any: {x: [1]}": "", "half: {known: 1, other: x}": "", "half: {known: x}": "spec.half.known is a string",
		"inner: {apiVersion: v1, kind: X, metadata: {name: x}, spec: {a: b}}": "",
		"inner: {kind: X, spec: {a: b}}":                                      "spec.inner.apiVersion is required",
		"inner: {apiVersion: v1, kind: X, metadata: {nam: x}}":                `has no field "nam"`,
		"closed: {}": "", "closed: {a: 1}": `spec.closed has no field "a"`,
		"even: 2": "", "even: 2.0": "", "even: 3": "must be a multiple of 2", "even: 4": "rules out", "even: 2.5": "is a number where an integer",
		"either: 3": "", "either: 3%": "", "either: x": "does not match", "either: 2.5": "is a number where an integer or string",
		"klept: x": `has no field "klept"`,
	} {
		o := objects(t, "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: x}\nspec:\n  kept: x\n  "+field+"\n")[0]
		problems := set.Check(o, set.Of("example.org/v1", "Thing"))
		switch {
		case want == "" && len(problems) > 0:
			t.Errorf("%s: %s", field, problems[0].Message)
		case want != "" && (len(problems) != 1 || !strings.Contains(problems[0].Message, want)):
			t.Errorf("%s: %v, want %q", field, problems, want)
		}
	}
}

// The fields of built-in kinds, through merge keys and for every embedded
// version; bounded for an object that is wrong all over.
func TestBuiltIn(t *testing.T) {
	oldest, newest := Embedded()
	for minor := oldest; minor <= newest; minor++ {
		set := NewSet(minor)
		for text, want := range map[string]int{
			"apiVersion: v1\nkind: ConfigMap\nmetadata: &m {name: x}\ndata: {a: b}\nbinaryData: {a: YQ==}\n":                                           0,
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {<<: {a: 1}}}\n":                                                             1,
			"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, env: [{name: A}, {name: A}]}]}\n":                           0,
			"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {priority: 3000000000, containers: [{name: a, resources: {limits: {cpu: 0.5}}}]}\n": 1,
			"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: null}\n":                                                               1,
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {" + strings.Repeat("k: 1, ", 1) + "}\n":                                      1,
			"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec: {group: g, scope: Cluster, names: {kind: K, plural: k}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {a: {type: object, properties: {b: {typ: string}}}}}}}]}\n": 1,
		} {
			o := objects(t, text)[0]
			if got := set.Check(o, set.Of(o.Key.APIVersion, o.Key.Kind)); len(got) != want {
				t.Errorf("1.%d: %s: %v, want %d", minor, text, got, want)
			}
		}
	}
	var text strings.Builder
	text.WriteString("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n")
	for i := range 500 {
		text.WriteString("  k" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26) + ": 1\n")
	}
	o := objects(t, text.String())[0]
	set := NewSet(34)
	if got := set.Check(o, set.Of("v1", "ConfigMap")); len(got) != maxProblems {
		t.Errorf("%d problems, want %d", len(got), maxProblems)
	}
}

func BenchmarkReadTable(b *testing.B) {
	for b.Loop() {
		if _, err := readTable(builtin); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	set := NewSet(34)
	o := objects(b, "apiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: {a: b}}\nspec: {containers: [{name: a, image: b, ports: [{containerPort: 80}], resources: {limits: {cpu: 500m}}}]}\n")[0]
	root := set.Of("v1", "Pod")
	for b.Loop() {
		set.Check(o, root)
	}
}
