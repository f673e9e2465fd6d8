package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// writeCSV writes one row a finding, suppressed and known ones included, and
// one a stage that did not end well.
func writeCSV(w io.Writer, r *result.Report) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"severity", "rule", "family", "message", "path", "line", "column", "object", "container", "field", "targets", "state", "reason", "fix", "fingerprint"}}
	for _, f := range pick(r, func(*result.Finding) bool { return true }) {
		at := place(r, f)
		state, reason := string(f.Baseline), ""
		if f.Suppressed != nil {
			state, reason = "suppressed", f.Suppressed.Reason
		}
		col := ""
		if at.Start.Col > 0 {
			col = fmt.Sprint(at.Start.Col)
		}
		rows = append(rows, []string{f.Severity.String(), f.Rule, family(r, f.Rule), f.Message, at.Path, fmt.Sprint(at.Start.Line), col,
			f.Object.String(), f.Container, f.Field, strings.Join(f.Targets, " "), state, reason, f.Fix, f.Fingerprint})
	}
	for _, g := range gaps(r) {
		rows = append(rows, []string{"", g.What, "stage", g.Reason, g.At.Path, "", "", "", "", "", strings.Join(g.Targets, " "), string(g.Status), g.Hint, "", ""})
	}
	for _, row := range rows {
		for i := range row {
			row[i] = cell(row[i])
		}
	}
	if err := c.WriteAll(rows); err != nil {
		return err
	}
	return c.Error()
}

// cell is line for a spreadsheet, which runs what begins like a formula.
func cell(s string) string {
	s = line(s)
	if t := strings.TrimLeft(s, " "); t != "" && strings.ContainsRune("=+-@|%", rune(t[0])) {
		return "'" + s
	}
	return s
}
