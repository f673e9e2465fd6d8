package render

import (
	"errors"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

func output(text string) *Output {
	o := &Output{Text: []byte(text)}
	for _, c := range manifest.Split(o.Text) {
		o.Documents = append(o.Documents, &manifest.Document{Text: c.Text, Line: c.Line, Map: srcmap.Identity("a.yaml", c.Line)})
	}
	return o
}

func TestSubstitute(t *testing.T) {
	o := output(`kind: ConfigMap
apiVersion: v1
data:
  a: ${NAME}-x
  b: ${REGION:-eu}
  c: ${NONE}
  d: $NAME $${NAME}
  e: ${NAME^^} ${NAME/o/0}
---
kind: ConfigMap
apiVersion: v1
metadata:
  annotations:
    kustomize.toolkit.fluxcd.io/substitute: disabled
data:
  a: ${NAME}
`)
	if err := o.Substitute(&result.PostBuild{Vars: map[string]string{"NAME": "sh\nop"}}); err != nil {
		t.Fatal(err)
	}
	want := `kind: ConfigMap
apiVersion: v1
data:
  a: shop-x
  b: eu
  c: 
  d: $NAME ${NAME}
  e: SHOP sh0p
---
kind: ConfigMap
apiVersion: v1
metadata:
  annotations:
    kustomize.toolkit.fluxcd.io/substitute: disabled
data:
  a: ${NAME}
`
	if got := string(o.Text); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := string(o.Documents[0].Text); !strings.HasPrefix(want, got) {
		t.Errorf("the document has\n%s", got)
	}
}

func TestSubstituteFaults(t *testing.T) {
	for _, tc := range []struct{ text, name, value, want string }{
		{"a: b\nc: ${X\n", "X", "1", "a.yaml:2: variable substitution"},
		{"a: b\n", "a-b", "1", "no name of a variable"},
		{"a: " + strings.Repeat("${X}", 100_000) + "\n", "X", strings.Repeat("x", 100_000), "more than 64 MB"},
	} {
		err := output(tc.text).Substitute(&result.PostBuild{Vars: map[string]string{tc.name: tc.value}, At: source.LineSpan("k.yaml", 1)})
		var f *Fault
		if !errors.As(err, &f) || !strings.Contains(f.Error(), tc.want) {
			t.Errorf("error %v, want a fault with %q", err, tc.want)
		}
	}
}
