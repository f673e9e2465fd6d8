package kustomize

import (
	"bytes"
	"strings"
	"testing"
)

// However a file separates its documents, the build gives what it gives for
// the file as it is, and each object leads to its own line.
func TestLayout(t *testing.T) {
	one, two := configMap("one"), configMap("two")
	for name, tc := range map[string]struct {
		data string
		line map[string]int // of the name, by object
	}{
		"plain":              {one + "---\n" + two, map[string]int{"one": 4, "two": 9}},
		"leading separator":  {"---\n" + one + "---\n" + two, map[string]int{"one": 5, "two": 10}},
		"comment":            {"# a\n--- # b\n" + one + "--- # c\n# d\n\n" + two, map[string]int{"one": 6, "two": 13}},
		"doubled separators": {one + "---\n---\n" + two, map[string]int{"one": 4, "two": 10}},
		"tripled separators": {one + "---\n---\n---\n" + two, map[string]int{"one": 4, "two": 11}},
		"trailing separator": {one + "---\n", map[string]int{"one": 4}},
		"no last line end":   {strings.TrimSuffix(one, "\n"), map[string]int{"one": 4}},
		"carriage returns":   {strings.ReplaceAll(one+"---\n"+two, "\n", "\r\n"), map[string]int{"one": 4, "two": 9}},
		"byte-order mark":    {"\ufeff" + one, map[string]int{"one": 4}},
		"mark and comment":   {"\ufeff# a\n" + one, map[string]int{"one": 5}},
		"list":               {"---\nkind: List\napiVersion: v1\nitems:\n- kind: ConfigMap\n  apiVersion: v1\n  metadata:\n    name: one\n", map[string]int{"one": 8}},
		"JSON":               {`{"kind": "ConfigMap", "apiVersion": "v1",` + "\n" + `"metadata": {"name": "one"}}`, map[string]int{"one": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			repo := repoOf(t, "-- o/kustomization.yaml --\nresources: [a.yaml]\nnamePrefix: x-\n")
			write(t, repo.Dir()+"/o/a.yaml", tc.data)
			out, err := (&Renderer{Repo: repo}).Render(t.Context(), target("o"))
			if err != nil {
				t.Fatal(err)
			}
			l := newLoader(newFiles(t.Context(), repo, maxInput), nil, nil)
			plain := build(t.Context(), newView(l.files), "o", mode{})
			if plain.err != nil || !bytes.Equal(plain.text, out.Text) {
				t.Errorf("the files as they are give (%v)\n%s\ntraced\n%s", plain.err, plain.text, out.Text)
			}
			if len(out.Documents) != len(tc.line) {
				t.Errorf("%d documents, want %d", len(out.Documents), len(tc.line))
			}
			for _, d := range out.Documents {
				if err := d.Parse(); err != nil {
					t.Fatal(err)
				}
				for _, o := range d.Objects() {
					loc := o.At("metadata", "name").Location()
					want := tc.line[strings.TrimPrefix(o.Key.Name, "x-")]
					if loc.Primary.Path != "o/a.yaml" || loc.Primary.Start.Line != want {
						t.Errorf("%s is said to be named at %s, want line %d", o.Key, loc.Primary, want)
					}
				}
			}
		})
	}
}
