package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// The page is one file without script, picture or font from anywhere, and
// forbids itself to load any. CI servers that serve it under a stricter policy
// (Jenkins' default takes away even its style) show the same content as plain
// HTML: order, headings, <mark>, <details> and the charts' own attributes carry
// the meaning, the style only the looks.
var (
	//go:embed html.tmpl
	htmlTemplate string
	//go:embed html.css
	htmlStyle string
)

const (
	htmlFindings = 5000 // browsers stay quick
	htmlOpen     = 25   // failing findings that are unfolded
	htmlUnfolded = 200  // findings in files that are unfolded
	htmlTargets  = 1000
	htmlRules    = 8 // in the chart
	htmlBarWidth = 240
	htmlText     = 1000 // of a message
	htmlMargin   = 200  // of a source line, before and after what is marked
)

type htmlPage struct {
	Style       template.CSS
	Tool        result.Tool
	Summary     summary
	Rest        string // of the verdict
	Exit        string // the code that it stands for
	Home        string
	Severities  []result.Severity
	Families    []htmlFamily
	Tally       []htmlCount
	Charts      []htmlChart
	Paths       []result.AttackPath
	MorePaths   string
	Trend       *htmlTrend
	Coverage    *htmlCoverage
	Graphs      []htmlGraph
	MoreGraphs  int
	Targets     []result.Target
	MoreTargets int
	Files       []htmlFile
	More        int // findings left out
	Aside       []htmlFinding
	Rules       []*result.Rule
}

// htmlFamily is a family of rules that the page filters by.
type htmlFamily struct{ Name, Class string }

// html is the page, with a trend if earlier reports are given.
type html struct{ previous []*result.Report }

// Write passes the whole page through lines: no control character, whoever
// wrote it, reaches the browser unseen.
func (o html) Write(w io.Writer, r *result.Report) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"about": about, "environments": environments, "plural": plural, "prose": prose, "ruleURL": ruleURL,
		"standing": standing, "thousands": thousands, "web": webURL,
		"join": func(s []string) string { return strings.Join(s, ", ") },
		"name": func(s string) string { return clip(s, textName) },
		"text": func(s string) string { return clip(s, htmlText) },
	}).Parse(htmlTemplate)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, o.page(r)); err != nil {
		return err
	}
	_, err = io.WriteString(w, lines(b.String()))
	return err
}

func (o html) page(r *result.Report) *htmlPage {
	sum := summarize(r)
	found := counting(r)
	aside := pick(r, func(f *result.Finding) bool { return !f.Counts() })
	exit, rest, _ := strings.Cut(strings.TrimPrefix(sum.Verdict(), sum.State()+" "), ": ")
	p := &htmlPage{
		Style: template.CSS(htmlStyle), Tool: r.Tool, Summary: sum, Rest: rest, Exit: strings.Trim(exit, "()"), Home: home, Severities: result.Severities(),
		Charts: []htmlChart{
			chart("By severity", found, func(f *result.Finding) string { return f.Severity.String() }),
			chart("By family", found, func(f *result.Finding) string { return family(r, f.Rule) }).mostFrequent(0),
			chart("Most frequent rules", found, func(f *result.Finding) string { return f.Rule }).mostFrequent(htmlRules),
		},
	}
	shown := found[:min(len(found), htmlFindings)]
	set := aside[:min(len(aside), htmlFindings-len(shown))]
	p.More = len(found) + len(aside) - len(shown) - len(set)

	p.Targets = slices.Clone(r.Targets)
	slices.SortStableFunc(p.Targets, func(a, b result.Target) int { return cmp.Compare(htmlRank(a.Status), htmlRank(b.Status)) })
	p.MoreTargets = max(len(p.Targets)-htmlTargets, 0)
	p.Targets = p.Targets[:len(p.Targets)-p.MoreTargets]

	p.Files = htmlFiles(r, shown)
	for _, f := range set {
		p.Aside = append(p.Aside, htmlFinding{Finding: f, Place: place(r, f)})
	}
	p.Families = familiesOf(r, shown)
	p.Style += familyStyle(p.Families)
	for _, s := range result.Severities() {
		p.Tally = append(p.Tally, htmlCount{s, sum.Count[s]})
	}
	p.Trend = trendOf(slices.Concat(o.previous, []*result.Report{r}))
	p.Paths, p.MorePaths = r.AttackPaths, leftOut(r.MorePaths)
	p.Coverage = coverageOf(r.Coverage)
	p.MoreGraphs = max(len(r.Graphs)-htmlGraphs, 0)
	for i := range r.Graphs[:len(r.Graphs)-p.MoreGraphs] {
		p.Graphs = append(p.Graphs, drawGraph(&r.Graphs[i]))
	}
	used := map[string]bool{}
	for _, f := range slices.Concat(shown, set) {
		if m := r.Rule(f.Rule); m != nil && !used[m.ID] {
			used[m.ID] = true
			p.Rules = append(p.Rules, m)
		}
	}
	slices.SortFunc(p.Rules, func(a, b *result.Rule) int { return strings.Compare(a.ID, b.ID) })
	return p
}

// htmlRank orders targets: what was not looked at comes first.
func htmlRank(s result.Status) int {
	switch s {
	case result.Failed:
		return 0
	case result.Skipped:
		return 1
	}
	return 2
}

// htmlFile is a file with its findings; Count is by severity, worst first.
type htmlFile struct {
	Path     string
	Findings []htmlFinding
	Count    []htmlCount
	Open     bool
}

type htmlCount struct {
	Severity result.Severity
	N        int
}

type htmlFinding struct {
	*result.Finding
	Family string // its class
	Place  source.Span
	Known  bool // the page explains the rule
	Lines  []htmlLine
	Chain  []result.Origin
	Open   bool
}

// familyClass is the class of a family's findings: letters and digits alone, as
// it stands in the style too.
func familyClass(name string) string {
	return "family-" + strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsLower(r) || unicode.IsDigit(r)) {
			return r
		}
		return '-'
	}, name)
}

// familiesOf lists the families of findings by name.
func familiesOf(r *result.Report, found []*result.Finding) []htmlFamily {
	names := map[string]bool{}
	for _, f := range found {
		names[family(r, f.Rule)] = true
	}
	var out []htmlFamily
	for _, n := range sortedKeys(names) {
		c := familyClass(n)
		if !slices.ContainsFunc(out, func(f htmlFamily) bool { return f.Class == c }) {
			out = append(out, htmlFamily{n, c})
		}
	}
	return out
}

// familyStyle hides what a family's filter leaves out.
func familyStyle(fams []htmlFamily) template.CSS {
	var b strings.Builder
	for _, f := range fams {
		fmt.Fprintf(&b, "body:has(#show-%s:not(:checked)) .finding.%s { display: none; }\n", f.Class, f.Class)
	}
	return template.CSS(b.String())
}

// htmlFiles groups findings by file, the file with the worst and in it the
// worst first.
func htmlFiles(r *result.Report, found []*result.Finding) []htmlFile {
	gate := r.Gate.Fails
	groups := byFile(r, found)
	for _, g := range groups {
		worst(g.findings)
	}
	slices.SortStableFunc(groups, func(a, b fileGroup) int { return cmp.Compare(b.findings[0].Severity, a.findings[0].Severity) })
	var out []htmlFile
	opened, before := 0, 0
	for _, g := range groups {
		file := htmlFile{Path: g.path, Open: before < htmlUnfolded}
		before += len(g.findings)
		for _, f := range g.findings {
			v := htmlFinding{Finding: f, Family: familyClass(family(r, f.Rule)), Place: place(r, f), Known: r.Rule(f.Rule) != nil, Chain: originsOf(f)}
			v.Lines = htmlLines(f, v.Place)
			if gate(f) && opened < htmlOpen {
				opened++
				v.Open = true
			}
			file.Findings = append(file.Findings, v)
		}
		for _, s := range result.Severities() {
			n := 0
			for _, f := range g.findings {
				if f.Severity == s {
					n++
				}
			}
			if n > 0 {
				file.Count = append(file.Count, htmlCount{s, n})
			}
		}
		out = append(out, file)
	}
	return out
}

// htmlLine is a line of an excerpt in three parts, the middle one marked.
type htmlLine struct {
	N                   int
	Hit                 bool
	Before, Mark, After string
}

func htmlLines(f *result.Finding, at source.Span) []htmlLine {
	if f.Excerpt == nil {
		return nil
	}
	var out []htmlLine
	for i, src := range f.Excerpt.Lines {
		n := f.Excerpt.First + i
		rs := []rune(src)
		from, to := markedColumns(at, n, len(rs))
		l := htmlLine{N: n, Hit: n >= at.Start.Line && n <= at.EndLine(), Before: string(rs[:from]), Mark: clip(string(rs[from:to]), 2*htmlMargin)}
		if to > from && from > htmlMargin {
			l.Before = "…" + string(rs[from-htmlMargin:from])
		}
		l.Before = clip(l.Before, 2*htmlMargin)
		l.After = clip(string(rs[to:]), htmlMargin)
		out = append(out, l)
	}
	return out
}

// htmlChart counts findings by something, a bar each.
type htmlChart struct {
	Title string
	Bars  []*htmlBar
	More  int // bars left out
}

type htmlBar struct {
	Name  string
	N     int
	Parts []htmlPart
	count [result.Critical + 1]int
}

// htmlPart is a stretch of a bar in the colour of a severity.
type htmlPart struct {
	X, Width int
	Severity result.Severity
	Fill     string
}

// mostFrequent is the chart with its longest n bars first, all if n is 0.
func (c htmlChart) mostFrequent(n int) htmlChart {
	slices.SortStableFunc(c.Bars, func(a, b *htmlBar) int { return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Name, b.Name)) })
	if n > 0 && len(c.Bars) > n {
		c.More = len(c.Bars) - n
		c.Bars = c.Bars[:n]
	}
	return c
}

// chart draws bars in the order in which found, worst first, first names them.
func chart(title string, found []*result.Finding, key func(*result.Finding) string) htmlChart {
	byName := map[string]*htmlBar{}
	c := htmlChart{Title: title}
	for _, f := range found {
		k := key(f)
		b := byName[k]
		if b == nil {
			b = &htmlBar{Name: k}
			byName[k] = b
			c.Bars = append(c.Bars, b)
		}
		b.N++
		b.count[min(max(f.Severity, result.Info), result.Critical)]++
	}
	longest := 1
	for _, b := range c.Bars {
		longest = max(longest, b.N)
		x, sum := 0, 0
		for _, s := range result.Severities() {
			if b.count[s] > 0 {
				sum += b.count[s]
				b.Parts = append(b.Parts, htmlPart{X: x, Width: sum, Severity: s, Fill: htmlFill(s)})
				x = sum
			}
		}
	}
	for _, b := range c.Bars {
		for i := range b.Parts { // from counts to lengths; each shows
			p := &b.Parts[i]
			p.X = p.X * htmlBarWidth / longest
			p.Width = max(p.Width*htmlBarWidth/longest-p.X, 2)
		}
	}
	return c
}

// htmlFill is a severity's colour where the style is not applied; html.css
// says the same again, and other shades for dark screens.
func htmlFill(s result.Severity) string {
	return [...]string{"#8492a6", "#2f6fdb", "#e3a008", "#e2590f", "#b3123f"}[min(max(s, result.Info), result.Critical)]
}

// run is a stretch of prose.
type run struct {
	Text string
	Code bool
}

// prose splits a rule's own text at its `code` spans.
func prose(s string) []run {
	s = collapse(s)
	parts := strings.Split(s, "`")
	if len(parts)%2 == 0 { // unbalanced
		return []run{{Text: s}}
	}
	var out []run
	for i, p := range parts {
		if p != "" {
			out = append(out, run{p, i%2 == 1})
		}
	}
	return out
}

// standing says why a finding does not count.
func standing(f *result.Finding) string {
	switch s := f.Suppressed; {
	case s == nil && f.Baseline == result.BaselineAbsent:
		return "fixed since the baseline"
	case s == nil:
		return "known from the baseline"
	default:
		out := "suppressed"
		if s.Owner != "" {
			out += " by " + s.Owner
		}
		if s.Expires != "" {
			out += " until " + s.Expires
		}
		return clip(out+": "+s.Reason, htmlText)
	}
}
