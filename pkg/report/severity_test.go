package report

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// docs/severity.md publishes the table of grades.
func TestSeverityDoc(t *testing.T) {
	doc, err := os.ReadFile("../../docs/severity.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range grades() {
		row := fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", g.Severity, g.Level, g.Score, g.GitLab, g.CodeQuality, g.Annotation)
		if !strings.Contains(string(doc), row) {
			t.Errorf("docs/severity.md lacks the row %s", row)
		}
	}
}
