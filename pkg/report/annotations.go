package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// annotations writes GitHub's workflow commands. The runner shows ten of a
// kind a step and drops the rest without a word, so the last notice counts
// what was left out.
type annotations struct{}

const annotationsOfKind = 10

func (annotations) Write(w io.Writer, r *result.Report) error {
	b := bufio.NewWriter(w)
	sent := map[string]int{}
	cut := 0
	send := func(kind, props, title, msg string) {
		if sent[kind] == annotationsOfKind || kind == "notice" && sent[kind] == annotationsOfKind-1 {
			cut++
			return
		}
		sent[kind]++
		fmt.Fprintf(b, "::%s %stitle=%s::%s\n", kind, props, property(title), data(msg))
	}
	for _, g := range gaps(r) {
		if g.Status == result.Failed || g.Status == noticed {
			props := ""
			if g.At.Path != "" {
				props = fmt.Sprintf("file=%s,line=%d,", property(g.At.Path), max(g.At.Start.Line, 1))
			}
			kind, title := "error", "not scanned: "+g.What
			if g.Status == noticed {
				kind, title = "warning", "kustoms: "+g.What
			}
			send(kind, props, title, strings.TrimSpace(g.Where()+" "+g.Reason))
		}
	}
	for _, f := range counting(r) {
		at := place(r, f)
		props := fmt.Sprintf("file=%s,line=%d,endLine=%d,", property(at.Path), at.Start.Line, at.EndLine())
		if at.Start.Col > 0 && at.End.Col > at.Start.Col {
			props += fmt.Sprintf("col=%d,endColumn=%d,", at.Start.Col, at.End.Col)
		}
		send(gradeOf(f.Severity).Annotation, props, f.Severity.String()+": "+title(r, f.Rule), f.Message)
	}
	if cut > 0 {
		fmt.Fprintf(b, "::notice title=kustoms::%s left out: GitHub shows %d of a kind; see the summary\n", plural(cut, "annotation"), annotationsOfKind)
	}
	return b.Flush()
}

// data and property escape what would end a command's message or property.
func data(s string) string { return strings.ReplaceAll(clip(logLine(s), sarifText), "%", "%25") }

func property(s string) string {
	return strings.NewReplacer("%", "%25", ":", "%3A", ",", "%2C").Replace(clip(logLine(s), sarifName))
}
