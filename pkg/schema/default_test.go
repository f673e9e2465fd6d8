package schema_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustoms-dev/kustoms/pkg/cel"
	"github.com/kustoms-dev/kustoms/pkg/schema"
)

// TestDefaults holds the table of defaults to testdata/defaults.json: objects as
// written, and as Kubernetes 1.37's own code (k8s.io/kubernetes, legacyscheme)
// defaults them. Both sides are then decoded into Kubernetes' types, for what is
// always written has no default here.
func TestDefaults(t *testing.T) {
	data, err := os.ReadFile("testdata/defaults.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ In, Out map[string]any }
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	set := schema.NewSet(37)
	for _, c := range cases {
		set.Default(c.In)
		if diff := cmp.Diff(typed(t, c.Out), typed(t, c.In)); diff != "" {
			t.Errorf("%s %s: Kubernetes (-), kustoms (+):\n%s", c.In["kind"], c.In["metadata"], diff)
		}
	}
}

// typed is the object as Kubernetes' own types write it.
func typed(t *testing.T, object map[string]any) map[string]any {
	t.Helper()
	o, err := cel.NewObject(object)
	if err != nil {
		t.Fatal(err)
	}
	out, err := o.JSON()
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	var again map[string]any
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	return again
}
