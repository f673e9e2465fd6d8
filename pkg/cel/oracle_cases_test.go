package cel_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// oracleCases reads the archives: "cluster.yaml" holds policies, bindings,
// parameters and namespaces, "objects.yaml" what is created. A policy of which
// no more than its name and spec matters may be written so.
func oracleCases(t *testing.T) (out []oracleCase) {
	t.Helper()
	files, err := filepath.Glob("testdata/policies/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases: ", err)
	}
	for _, f := range files {
		a, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		c := oracleCase{name: strings.TrimSuffix(filepath.Base(f), ".txtar")}
		for _, m := range a.Files {
			switch m.Name {
			case "cluster.yaml":
				c.cluster = documents(t, string(m.Data))
			case "objects.yaml":
				c.objects = documents(t, string(m.Data))
			default:
				t.Fatalf("%s: unknown file %s", f, m.Name)
			}
		}
		out = append(out, c)
	}
	return out
}
