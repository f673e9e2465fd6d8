package edit

import (
	"testing"
)

func TestApply(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		changes    []Change
	}{
		"value, comment kept": {
			"a:\n  b: true # why\n", "a:\n  b: false # why\n",
			[]Change{{Line: 2, From: 5, To: 9, Text: "false"}},
		},
		"two fields below one new parent": {
			"- name: web\n  image: nginx\n", "- name: web\n  s:\n    x: true\n    y: [ALL]\n  image: nginx\n",
			[]Change{{Line: 1, Text: "[ALL]", Fields: "s\x00y", Indent: 2}, {Line: 1, Text: "true", Fields: "s\x00x", Indent: 2}},
		},
		"in place of an empty map": {
			"s: {} # none\nz: 1\n", "s: # none\n  x: true\nz: 1\n",
			[]Change{{Line: 1, From: 2, To: 5, Text: "true", Fields: "x", Indent: 2}},
		},
		"line ends stay": {
			"a: 1\r\nb: 2\r\n", "a: 1\r\nc: 3\r\nb: 2\r\n",
			[]Change{{Line: 1, Text: "3", Fields: "c"}},
		},
		"twice is once": {
			"a: 1", "a: 2",
			[]Change{{Line: 1, From: 3, To: 4, Text: "2"}, {Line: 1, From: 3, To: 4, Text: "2"}},
		},
		"a key that must be quoted": {
			"l:\n  a: b\n", "l:\n  a: b\n  \"x y\": c\n",
			[]Change{{Line: 2, Text: "c", Fields: "x y", Indent: 2}},
		},
	} {
		if got := string(Apply([]byte(c.text), c.changes)); got != c.want {
			t.Errorf("%s:\n%q, want\n%q", name, got, c.want)
		}
	}
}

func TestEntry(t *testing.T) {
	for _, c := range []struct {
		text, key, value string
		indent           int
		ok               bool
	}{
		{"  privileged: true # x", "privileged", "true", 2, true},
		{"  - name: web", "name", "web", 4, true},
		{`"a b": "x # y"`, "a b", `"x # y"`, 0, true},
		{"a: {}", "a", "{}", 0, true},
		{"a:", "a", "", 0, true},
		{"a: |", "a", "", 0, false},
		{"a: *x", "a", "", 0, false},
		{"a: one\n  two", "a", "", 0, false},
		{"a: {{ .Values.a", "a", "", 0, false},
		{"b: 1", "a", "", 0, false},
		{"- ALL", "", "ALL", 2, true},
		{`"a": true,`, "a", "true,", 0, true}, // no literal of YAML's true: never replaced
	} {
		f := newFile(c.text)
		e, ok := f.entry(1, c.key)
		if ok != c.ok || ok && (f.lines[0][e.from:e.to] != c.value || e.indent != c.indent) {
			t.Errorf("%q: %+v %v", c.text, e, ok)
		}
	}
}
