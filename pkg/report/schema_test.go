package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kustoms-dev/kustoms/pkg/internal/golden"
)

// TestReportSchema holds the golden JSON reports against the published schema,
// and a broken one, which it must refuse.
func TestReportSchema(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "../../docs/report.schema.json", text)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("report.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	goldens, _ := filepath.Glob("testdata/*/json.golden")
	if len(goldens) < 2 {
		t.Fatalf("%d golden reports", len(goldens))
	}
	for _, g := range goldens {
		data, err := os.ReadFile(g)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", g, err)
		}
		v.(map[string]any)["schema"] = "0"
		if s.Validate(v) == nil {
			t.Errorf("%s: valid with another schema version", g)
		}
	}
}
