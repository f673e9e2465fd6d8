package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// text is for people: what fails the gate, or is high or worse, in full and
// grouped by source file in order of lines; then the milder rest, a few in one
// line each in their files, many by rule; then a summary that names what was
// not looked at. Repetitions of a rule in a file are folded, and the worst
// textFindings are shown. Every string is printed through logLine or
// excerptLine: no control character reaches the terminal, and no runner command
// a CI log.
type text struct {
	color, verbose bool
	width          int
}

const (
	textFindings = 200
	textRepeats  = 3  // of one rule in one file
	textMild     = 10 // findings that are shown one by one
	textTargets  = 3  // that are named
	textMessage  = 1000
	textName     = 250 // of a file or an object
)

func (o text) Write(w io.Writer, r *result.Report) error {
	if o.width <= 0 {
		o.width = 80
	}
	bw := bufio.NewWriter(w)
	p := &printer{Writer: bw, text: o, report: r, full: textFull(r)}
	sum := summarize(r)
	p.notices(sum.Notices)
	p.files()
	p.paths()
	p.summary(sum)
	return bw.Flush()
}

// printer writes one report. Errors of the underlying writer stay in the
// bufio.Writer until Flush.
type printer struct {
	*bufio.Writer
	text
	report *result.Report
	full   func(*result.Finding) bool
	spaced bool // the last line was blank
}

// textFull tells which findings are shown in full: those that fail the gate
// and, where that is off or laxer, those that are high or worse.
func textFull(r *result.Report) func(*result.Finding) bool {
	at, err := result.ParseSeverity(r.Gate.FailOn)
	if err != nil {
		at = result.High
	}
	at = min(at, result.High)
	return func(f *result.Finding) bool { return f.Severity >= at || r.Gate.Fails(f) }
}

func (p *printer) files() {
	found := counting(p.report)
	if p.verbose {
		found = pick(p.report, func(*result.Finding) bool { return true })
	}
	var mild []*result.Finding
	if !p.verbose {
		// The worst come first, and what fails before what does not.
		found = append(slices.DeleteFunc(slices.Clone(found), func(f *result.Finding) bool { return !p.full(f) }),
			slices.DeleteFunc(slices.Clone(found), p.full)...)
		n := len(found)
		for n > 0 && !p.full(found[n-1]) {
			n--
		}
		if len(found)-n > textMild {
			found, mild = found[:n], found[n:]
		}
	}
	cut := 0
	if !p.verbose && len(found) > textFindings {
		cut = len(found) - textFindings
		found = found[:textFindings]
	}
	for _, file := range byFile(p.report, found) {
		p.println(p.style(bold, clip(logLine(file.path), textName)))
		p.blank()
		repeats := map[string]int{}
		folded := map[string][]*result.Finding{}
		for _, f := range file.findings {
			if repeats[f.Rule]++; !p.verbose && repeats[f.Rule] > textRepeats {
				folded[f.Rule] = append(folded[f.Rule], f)
				continue
			}
			p.finding(f, p.verbose || p.full(f))
		}
		for _, id := range sortedKeys(folded) {
			p.folded(id, folded[id])
		}
		p.blank()
	}
	if cut > 0 {
		p.wrap("", plural(cut, "finding")+" more, none worse than these: see them with --verbose or in a report file.", dim)
		p.blank()
	}
	p.byRule(mild)
}

// paths shows the ways in from outside, each a chain with its source lines.
func (p *printer) paths() {
	r := p.report
	if len(r.AttackPaths) == 0 {
		return
	}
	p.println(p.style(bold, plural(len(r.AttackPaths), "attack path")+" from outside of the cluster") + p.style(dim, leftOut(r.MorePaths)))
	p.blank()
	for i := range r.AttackPaths {
		a := &r.AttackPaths[i]
		p.column(severityStyle(a.Severity), strings.ToUpper(a.Severity.String()))
		p.wrapRest(fmt.Sprintf("%d. %s", i+1, clip(logLine(a.Title), textMessage)), "")
		if len(a.Targets) > 0 {
			p.wrap(textIndent, "in "+clip(logLine(among(a.Targets, textTargets)), textName), dim)
		}
		for _, s := range a.Steps {
			p.print(textIndent + p.style(dim, fmt.Sprintf("%-11s", clip(logLine(string(s.Kind)), 10))))
			p.wrapWords(textIndent+strings.Repeat(" ", 11), len(textIndent)+11, clip(logLine(s.Message), textMessage), "")
			for _, at := range s.Places {
				p.wrap(textIndent+strings.Repeat(" ", 11), logLine(at.Location.Primary.String())+": "+clip(logLine(at.Message), textName), dim)
			}
		}
		p.blank()
	}
}

// leftOut says how many attack paths a report does not hold.
func leftOut(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s more, none worse)", thousands(n))
}

// byRule counts findings by rule, each with the first place of it.
func (p *printer) byRule(found []*result.Finding) {
	if len(found) == 0 {
		return
	}
	rules := map[string][]*result.Finding{}
	for _, f := range found {
		rules[f.Rule] = append(rules[f.Rule], f)
	}
	ids := sortedKeys(rules)
	slices.SortStableFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(rules[b][0].Severity, rules[a][0].Severity), cmp.Compare(len(rules[b]), len(rules[a])))
	})
	p.println(p.style(bold, fmt.Sprintf("%s milder, by rule", plural(len(found), "finding"))) + p.style(dim, " (--verbose shows each)"))
	p.blank()
	for _, id := range ids {
		fs := rules[id]
		p.column(severityStyle(fs[0].Severity), strings.ToUpper(fs[0].Severity.String()))
		p.wrapRest(clip(logLine(title(p.report, id)), textMessage), "")
		var places []string
		for _, f := range fs {
			at := place(p.report, f)
			if s := logLine(fmt.Sprintf("%s:%d", clip(at.Path, textName), at.Start.Line)); !slices.Contains(places, s) {
				places = append(places, s)
			}
		}
		p.column("", thousands(len(fs))+" ×")
		p.wrapRest(clip(logLine(id), textName)+" · "+among(places, 1), dim)
	}
	p.blank()
}

// fileGroup is the findings of one file, by line.
type fileGroup struct {
	path     string
	findings []*result.Finding
}

// byFile groups findings by the file of their primary place, files by name.
func byFile(r *result.Report, found []*result.Finding) []fileGroup {
	at := map[string]int{}
	var out []fileGroup
	for _, f := range found {
		path := place(r, f).Path
		i, ok := at[path]
		if !ok {
			i = len(out)
			at[path] = i
			out = append(out, fileGroup{path: path})
		}
		out[i].findings = append(out[i].findings, f)
	}
	slices.SortFunc(out, func(a, b fileGroup) int { return strings.Compare(a.path, b.path) })
	for _, g := range out {
		slices.SortStableFunc(g.findings, func(a, b *result.Finding) int {
			return cmp.Or(a.Loc.Primary.Compare(b.Loc.Primary), cmp.Compare(b.Severity, a.Severity))
		})
	}
	return out
}

// textIndent is right of the column that holds severity and place.
const textIndent = "            "

func (p *printer) finding(f *result.Finding, full bool) {
	at := place(p.report, f).Start
	where := fmt.Sprint(at.Line)
	if at.Col > 0 {
		where += fmt.Sprintf(":%d", at.Col)
	}
	if full {
		p.blank()
	}
	p.column(severityStyle(f.Severity), strings.ToUpper(f.Severity.String()))
	p.wrapRest(clip(logLine(f.Message), textMessage)+p.mark(f), "")
	p.column("", where)
	id := []string{f.Rule}
	seen := environments(f)
	if n := len(f.Targets); n > textTargets && !p.verbose {
		seen = fmt.Sprintf("seen in %d targets", n)
	}
	for _, s := range []string{about(f), seen} {
		if s != "" {
			id = append(id, s)
		}
	}
	if !f.Loc.Exact {
		id = append(id, "nearest line")
	}
	for i, s := range id {
		id[i] = clip(logLine(s), textName)
	}
	p.wrapRest(strings.Join(id, " · "), dim)
	if !full {
		return
	}
	p.excerpt(f)
	p.chain(f)
	if f.Fix != "" {
		p.labelled("fix", clip(logLine(collapse(f.Fix)), textMessage))
	}
	for _, rel := range f.Related {
		p.labelled("see", logLine(rel.Location.Primary.String())+": "+clip(logLine(rel.Message), textMessage))
	}
	p.blank()
}

// column prints s in the left column of a finding.
func (p *printer) column(style, s string) {
	p.print("  " + p.style(style, s) + strings.Repeat(" ", max(len(textIndent)-2-cells(s), 1)))
}

// mark says why a finding does not count.
func (p *printer) mark(f *result.Finding) string {
	switch {
	case f.Suppressed != nil:
		return " (suppressed: " + clip(logLine(f.Suppressed.Reason), 200) + ")"
	case f.Baseline == result.BaselineUnchanged:
		return " (known)"
	case f.Baseline == result.BaselineAbsent:
		return " (fixed)"
	}
	return ""
}

// chain shows where the line's text comes from, if that is not the place
// itself.
func (p *printer) chain(f *result.Finding) {
	if len(f.Loc.Chain) < 2 {
		return
	}
	label := "from"
	for _, o := range originsOf(f) {
		s := string(o.Role) + " " + logLine(o.Span.String())
		if o.Key != "" {
			s += " (" + logLine(o.Key) + ")"
		}
		p.labelled(label, s)
		label = "to"
	}
}

func (p *printer) labelled(label, s string) {
	p.print(textIndent + p.style(dim, fmt.Sprintf("%-6s", label)))
	p.wrapWords(textIndent+"      ", len(textIndent)+6, s, "")
}

func (p *printer) folded(id string, fs []*result.Finding) {
	var at []string
	for _, f := range fs {
		n := fmt.Sprint(place(p.report, f).Start.Line)
		if len(at) == 0 || at[len(at)-1] != n {
			at = append(at, n)
		}
	}
	noun := " on line "
	if len(at) > 1 {
		noun = " on lines "
	}
	p.wrap(textIndent, fmt.Sprintf("+ %d more %s%s%s", len(fs), logLine(id), noun, among(at, 12)), dim)
}

func (p *printer) summary(s summary) {
	p.println(p.style(dim, strings.Repeat("─", p.width)))
	var counts []string
	for _, sev := range result.Severities() {
		if n := s.Count[sev]; n > 0 {
			counts = append(counts, p.style(severityStyle(sev), thousands(n)+" "+sev.String()))
		}
	}
	if s.Total == 0 {
		counts = append(counts, p.style(green, "no findings"))
	}
	p.println(strings.Join(counts, "  "))
	var aside []string
	for _, a := range s.Aside() {
		aside = append(aside, thousands(a.N)+" "+a.What)
	}
	if len(aside) > 0 {
		p.wrap("", strings.Join(aside, ", "), dim)
	}
	p.wrap("", s.Coverage(), "")
	p.gaps(s.Gaps)
	p.blank()
	if s.Total > 0 {
		p.println(p.style(dim, "kustoms explain RULE says why a rule matters and how to mend what it finds"))
	}
	style := green
	if s.State() != "passed" {
		style = "1;" + red
	}
	p.print(p.style(style, s.State()) + " ")
	p.wrapWords("", len(s.State())+1, strings.TrimPrefix(s.Verdict(), s.State()), "")
}

// notices come first: they decide what the rest is worth.
func (p *printer) notices(ns []gap) {
	for _, n := range ns {
		head := n.What + ": "
		p.print(p.style(bold, head))
		what := n.Reason
		if n.At.Path != "" {
			what += " (" + n.At.String() + ")"
		}
		p.wrapWords("  ", len(head), clip(logLine(what), textMessage), "")
	}
	if len(ns) > 0 {
		p.blank()
	}
}

// gaps lists what was not scanned. None is left out: that would look clean.
func (p *printer) gaps(gs []gap) {
	if len(gs) == 0 {
		return
	}
	p.blank()
	p.println("not scanned:")
	for _, g := range gs {
		style := red
		if g.Status == result.Skipped {
			style = dim
		}
		head := fmt.Sprintf("  %-8s ", g.Status)
		p.print(p.style(style, head))
		what := g.What
		if len(g.Targets) > 0 {
			what += " of " + g.Where()
		}
		p.wrapWords("           ", len(head), clip(logLine(what+": "+g.Reason), textMessage), "")
		if g.Hint != "" {
			p.wrap("           ", "hint: "+clip(logLine(g.Hint), textMessage), dim)
		}
	}
}
