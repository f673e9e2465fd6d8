package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// DiffFormats lists the formats of Diff.
func DiffFormats() []string { return []string{"text", "json", "markdown"} }

// difference is a part of a comparison, and its JSON form.
type difference struct {
	Schema    string            `json:"schema"`
	New       []*result.Finding `json:"new"`
	Fixed     []*result.Finding `json:"fixed"`
	Unchanged []*result.Finding `json:"unchanged"`
}

// Diff writes what a report that was compared with an earlier one says is new,
// fixed and unchanged, worst first. Suppressed findings are left out. JSON
// always lists all, the others what is unchanged only if asked.
func Diff(w io.Writer, format string, r *result.Report, unchanged bool) error {
	of := func(s result.BaselineState) []*result.Finding {
		out := pick(r, func(f *result.Finding) bool { return f.Suppressed == nil && f.Baseline == s })
		if out == nil {
			out = []*result.Finding{}
		}
		return out
	}
	d := difference{result.SchemaVersion, of(result.BaselineNew), of(result.BaselineAbsent), of(result.BaselineUnchanged)}
	parts := []struct {
		name, sign string
		findings   []*result.Finding
		list       bool
	}{{"new", "+", d.New, true}, {"fixed", "-", d.Fixed, true}, {"unchanged", "=", d.Unchanged, unchanged}}
	b := bufio.NewWriter(w)
	switch format {
	case "json":
		enc := json.NewEncoder(b)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		if err := enc.Encode(d); err != nil {
			return err
		}
	case "text":
		for _, p := range parts {
			fmt.Fprintf(b, "%s: %s\n", p.name, thousands(len(p.findings)))
			for _, f := range p.findings {
				if p.list {
					fmt.Fprintf(b, "  %s %-8s %s  %s\n             %s\n", p.sign, f.Severity, logLine(f.Rule), logLine(place(r, f).String()), clip(logLine(f.Message), 300))
				}
			}
		}
	case "markdown":
		var counts []string
		for _, p := range parts {
			counts = append(counts, fmt.Sprintf("**%s %s**", thousands(len(p.findings)), p.name))
		}
		fmt.Fprintf(b, "## kustoms: %s\n", strings.Join(counts, ", "))
		left := commentRunes - 1000
		for _, p := range parts {
			if !p.list || len(p.findings) == 0 {
				continue
			}
			fmt.Fprintf(b, "\n### %s\n\n| Severity | Place | Finding |\n|---|---|---|\n", strings.ToUpper(p.name[:1])+p.name[1:])
			for i, f := range p.findings {
				row := fmt.Sprintf("| %s | %s | %s<br>%s |\n", f.Severity, mdCode(clip(place(r, f).String(), 250)), md(clip(f.Message, 300)), md(clip(mdAbout(f), 300)))
				if left -= len(row); left < 0 {
					fmt.Fprintf(b, "\n%s left out.\n", plural(len(p.findings)-i, "finding"))
					break
				}
				b.WriteString(row)
			}
		}
	default:
		return fmt.Errorf("unknown format %q (want %s)", format, strings.Join(DiffFormats(), ", "))
	}
	return b.Flush()
}
