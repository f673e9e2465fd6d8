package report

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// docs/severity.md publishes the table of grades, and what JUnit makes of each
// with the default gate.
func TestSeverityDoc(t *testing.T) {
	doc, err := os.ReadFile("../../docs/severity.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range grades() {
		r := empty()
		r.Findings = []result.Finding{{Rule: "run-as-non-root", Severity: g.Severity, Targets: []string{"manifests"}, Loc: at("manifests/a.yaml", 1, 0, 0)}}
		unit := "passed"
		if bytes.Contains(write(t, Format{Name: "junit", Write: junit{}}, r), []byte("<failure")) {
			unit = "failure"
		}
		row := fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |\n", g.Severity, g.Level, g.Score, g.GitLab, g.CodeQuality, g.Annotation, unit)
		if !strings.Contains(string(doc), row) {
			t.Errorf("docs/severity.md lacks the row %s", row)
		}
	}
}
