package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// markdown writes a table of findings, worst first, after the verdict and what
// was not scanned, and stops before the platform's limit.
type markdown struct {
	bytes int  // of the whole text
	runes bool // the limit counts characters
}

// GitHub's limits: 65,536 characters a comment (GitLab takes more), 1 MiB a
// step summary, beyond which it shows nothing at all.
const (
	commentRunes = 65_000
	summaryBytes = 1_000_000
	gapRows      = 50
)

func (o markdown) Write(w io.Writer, r *result.Report) error {
	var b strings.Builder
	s := summarize(r)
	fmt.Fprintf(&b, "## kustoms: %s\n\n", s.State())
	fmt.Fprintf(&b, "%s\n\n", md(s.Verdict()))
	for i, n := range s.Notices {
		if i == gapRows {
			break
		}
		at := ""
		if n.At.Path != "" {
			at = " " + mdCode(clip(n.At.String(), 250))
		}
		fmt.Fprintf(&b, "> **%s** %s%s\n>\n", md(n.What), md(clip(n.Reason, 300)), at)
	}
	if len(s.Notices) > 0 {
		b.WriteString("\n")
	}
	var counts []string
	for _, sev := range result.Severities() {
		if n := s.Count[sev]; n > 0 {
			counts = append(counts, fmt.Sprintf("**%s %s**", thousands(n), sev))
		}
	}
	if len(counts) == 0 {
		counts = []string{"no findings"}
	}
	for _, a := range s.Aside() {
		counts = append(counts, thousands(a.N)+" "+a.What)
	}
	fmt.Fprintf(&b, "%s · %s\n", strings.Join(counts, ", "), s.Coverage())
	if len(s.Gaps) > 0 {
		b.WriteString("\n### Not scanned\n\n")
		for i, g := range s.Gaps {
			if i == gapRows {
				fmt.Fprintf(&b, "- and %d more\n", len(s.Gaps)-i)
				break
			}
			what := g.What
			if len(g.Targets) > 0 {
				what += " of " + g.Where()
			}
			fmt.Fprintf(&b, "- **%s** %s: %s\n", g.Status, md(clip(what, 200)), md(clip(g.Reason, 300)))
		}
	}
	for i := range r.AttackPaths[:min(len(r.AttackPaths), result.MaxAttackPaths)] {
		a := &r.AttackPaths[i]
		if b.Len() > o.bytes/2 {
			fmt.Fprintf(&b, "\n%s left out: see the full report.\n", plural(len(r.AttackPaths)-i, "attack path"))
			break
		}
		if i == 0 {
			fmt.Fprintf(&b, "\n### Attack paths%s\n\n", leftOut(r.MorePaths))
		}
		fmt.Fprintf(&b, "%d. **%s** %s\n", i+1, a.Severity, md(clip(a.Title, 300)))
		for _, s := range a.Steps {
			at := ""
			if len(s.Places) > 0 {
				at = " " + mdCode(clip(s.Places[0].Location.Primary.String(), 250))
			}
			fmt.Fprintf(&b, "   - *%s* %s%s\n", md(clip(string(s.Kind), 10)), md(clip(s.Message, 300)), at)
		}
	}
	found := counting(r)
	if len(found) > 0 {
		b.WriteString("\n### Findings\n\n| Severity | Place | Finding |\n|---|---|---|\n")
	}
	const tail = "\n%s left out, none worse than these: see the full report.\n"
	size := func(s string) int {
		if o.runes {
			return utf8.RuneCountInString(s)
		}
		return len(s)
	}
	used := size(b.String()) + len(tail) + 20
	for i, f := range found {
		row := fmt.Sprintf("| %s | %s | %s<br>%s |\n", f.Severity, mdCode(clip(place(r, f).String(), 250)), md(clip(f.Message, 300)), md(clip(mdAbout(f), 300)))
		if used += size(row); used > o.bytes {
			fmt.Fprintf(&b, tail, plural(len(found)-i, "finding"))
			break
		}
		b.WriteString(row)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func mdAbout(f *result.Finding) string {
	out := []string{f.Rule}
	for _, s := range []string{about(f), environments(f)} {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " · ")
}
