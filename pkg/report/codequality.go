package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// codeQuality writes GitLab's Code Quality artifact, which every tier shows.
// What was not scanned is an issue of its own: an empty list reads as clean.
type codeQuality struct{}

// codeQualityIssues keeps the file small enough for the merge-request widget.
const codeQualityIssues = 5000

type codeQualityIssue struct {
	Description string `json:"description"`
	CheckName   string `json:"check_name"`
	Fingerprint string `json:"fingerprint"`
	Severity    string `json:"severity"`
	Location    struct {
		Path  string `json:"path"`
		Lines struct {
			Begin int `json:"begin"`
			End   int `json:"end,omitempty"`
		} `json:"lines"`
	} `json:"location"`
}

func (codeQuality) Write(w io.Writer, r *result.Report) error {
	out := []codeQualityIssue{}
	add := func(check, severity, fingerprint, text string, at source.Span) {
		i := codeQualityIssue{Description: clip(line(text), sarifText), CheckName: line(check), Fingerprint: fingerprint, Severity: severity}
		i.Location.Path = line(at.Path)
		i.Location.Lines.Begin, i.Location.Lines.End = max(at.Start.Line, 1), at.EndLine()
		out = append(out, i)
	}
	for _, g := range gaps(r) {
		if g.Status == noticed {
			at := g.At
			if at.Path == "" {
				at = place(r, &result.Finding{})
			}
			add(g.What, "info", result.Fingerprint("notice", result.Key{}, g.What, g.Reason), g.Reason, at)
			continue
		}
		if g.Status != result.Failed {
			continue
		}
		at := g.At
		if at.Path == "" {
			at = place(r, &result.Finding{Targets: g.Targets})
		}
		add("incomplete", "critical", result.Fingerprint("incomplete", result.Key{}, g.What, g.Where()+g.Reason),
			fmt.Sprintf("not scanned: %s of %s: %s", g.What, g.Where(), g.Reason), at)
	}
	found := active(r)
	for i, f := range found {
		if i == codeQualityIssues {
			add("results-cut", "info", result.Fingerprint("results-cut", result.Key{}, "", ""),
				plural(len(found)-i, "finding")+" left out, the least severe", place(r, f))
			break
		}
		text := f.Message
		if e := environments(f); e != "" {
			text += " (" + e + ")"
		}
		add(f.Rule, gradeOf(f.Severity).CodeQuality, f.Fingerprint, text, place(r, f))
	}
	return json.NewEncoder(w).Encode(out)
}
