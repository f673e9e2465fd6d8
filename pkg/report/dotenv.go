package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// writeDotenv writes the counts and the verdict as NAME=VALUE lines, so that a
// script needs no JSON parser: GitHub's step outputs, GitLab's dotenv reports
// and a shell read them alike. Values are numbers and fixed words, never text
// of the repository.
func writeDotenv(w io.Writer, r *result.Report) error {
	s := summarize(r)
	gate := "passed"
	switch {
	case s.Incomplete:
		gate = "incomplete"
	case s.Failing > 0:
		gate = "failed"
	}
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "KUSTOMS_GATE=%s\n", gate)
	for _, n := range []struct {
		name  string
		count int
	}{
		{"FINDINGS", s.Total}, {"FAILING", s.Failing}, {"SUPPRESSED", s.Suppressed}, {"KNOWN", s.Known}, {"FIXED", s.Fixed},
		{"TARGETS", s.Rendered}, {"INCOMPLETE", len(r.Incomplete())},
	} {
		fmt.Fprintf(b, "KUSTOMS_%s=%d\n", n.name, n.count)
	}
	for _, sev := range result.Severities() {
		fmt.Fprintf(b, "KUSTOMS_%s=%d\n", strings.ToUpper(sev.String()), s.Count[sev])
	}
	return b.Flush()
}
