package suggest

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"failOn", "paths", "rules", "run-as-non-root", "kubeVersion"}
	for word, want := range map[string]string{
		"failon":          "failOn",
		"path":            "paths",
		"ruels":           "rules",
		"run-as-nonroot":  "run-as-non-root",
		"kubernetes":      "",
		"zzz":             "",
		"":                "",
		"Rules":           "rules",
		"run-as-non-root": "run-as-non-root",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := Nearest(strings.Repeat("x", 1<<16), names); got != "" {
		t.Errorf("a huge word is near %q", got)
	}
}
