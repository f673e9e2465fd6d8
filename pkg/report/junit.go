package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// junit writes one suite a target. A problem that several targets show fails
// once, in the first of them; the others refer to it. Every family of rules
// that ran has a case in every target, so that "clean" and "did not run" differ. A
// case fails if its finding fails the gate; a milder one passes and says what
// was found. Names hold no line, for GitLab and Jenkins compare runs by name,
// and of two cases of one name GitLab counts the first only.
type junit struct {
	// strict leaves out testcase@file, which GitLab reads and the schema of
	// Jenkins' plugin does not know.
	strict bool
}

// junitBytes is under GitLab's limit of 30 MB a file.
const junitBytes = 28_000_000

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string     `xml:"classname,attr"`
	Name    string     `xml:"name,attr"`
	File    string     `xml:"file,attr,omitempty"`
	Skipped *junitNote `xml:"skipped"`
	Error   *junitNote `xml:"error"`
	Failure *junitNote `xml:"failure"`
	Out     string     `xml:"system-out,omitempty"`
}

type junitNote struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

func (o junit) Write(w io.Writer, r *result.Report) error {
	b := &junitBuilder{report: r, gate: r.Gate.Fails, findings: map[string][]*result.Finding{}, names: map[[2]string]int{}}
	b.assign()
	out := junitSuites{Name: "kustoms"}
	for i := range r.Targets {
		out.add(b.suite(&r.Targets[i]))
	}
	out.add(b.rest())
	if o.strict {
		for _, s := range out.Suites {
			for i := range s.Cases {
				s.Cases[i].File = ""
			}
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuites) add(n junitSuite) {
	if len(n.Cases) == 0 {
		return
	}
	for _, c := range n.Cases {
		n.Tests++
		switch {
		case c.Failure != nil:
			n.Failures++
		case c.Error != nil:
			n.Errors++
		case c.Skipped != nil:
			n.Skipped++
		}
	}
	s.Tests += n.Tests
	s.Failures += n.Failures
	s.Errors += n.Errors
	s.Suites = append(s.Suites, n)
}

type junitBuilder struct {
	report   *result.Report
	gate     func(*result.Finding) bool
	findings map[string][]*result.Finding // by first target
	also     map[string]map[string]int    // target → "family\x00first target" → findings
	names    map[[2]string]int
	cut      int
}

// assign gives each finding to one target, worst first, until the file is full.
func (b *junitBuilder) assign() {
	b.also = map[string]map[string]int{}
	size := 0
	found := pick(b.report, func(f *result.Finding) bool { return f.Baseline != result.BaselineAbsent })
	for i, f := range found {
		// What a case takes: its text, which repeats the message, escaped.
		if size += 2*len(f.Message) + len(f.Fix) + 2*len(f.Loc.Primary.Path) + 100*len(f.Loc.Chain) + 600; size > junitBytes {
			b.cut = len(found) - i
			break
		}
		home := ""
		if len(f.Targets) > 0 {
			home = f.Targets[0]
		}
		b.findings[home] = append(b.findings[home], f)
		for _, t := range f.Targets {
			if t != home {
				if b.also[t] == nil {
					b.also[t] = map[string]int{}
				}
				b.also[t][family(b.report, f.Rule)+"\x00"+home]++
			}
		}
	}
}

func (b *junitBuilder) suite(t *result.Target) junitSuite {
	s := junitSuite{Name: line(t.Name)}
	clean := b.families(t)
	for _, f := range b.findings[t.Name] {
		fam := family(b.report, f.Rule)
		clean = slices.DeleteFunc(clean, func(c string) bool { return c == fam })
		s.Cases = append(s.Cases, b.finding(t.Name, fam, f))
	}
	for _, k := range sortedKeys(b.also[t.Name]) {
		fam, home, _ := strings.Cut(k, "\x00")
		clean = slices.DeleteFunc(clean, func(c string) bool { return c == fam })
		c := b.newCase(t.Name, fam, fam+" as in "+home)
		c.Skipped = &junitNote{Message: junitText(fmt.Sprintf("%s seen here too, reported under %s", plural(b.also[t.Name][k], "finding"), home))}
		s.Cases = append(s.Cases, c)
	}
	for _, fam := range clean {
		s.Cases = append(s.Cases, b.newCase(t.Name, fam, fam))
	}
	for _, st := range b.report.Stages {
		if st.Target == t.Name && st.Status != result.OK {
			s.Cases = append(s.Cases, b.stage(st))
		}
	}
	return s
}

// rest is the suite of what belongs to no target.
func (b *junitBuilder) rest() junitSuite {
	s := junitSuite{Name: "kustoms"}
	for _, f := range b.findings[""] {
		s.Cases = append(s.Cases, b.finding("kustoms", family(b.report, f.Rule), f))
	}
	stages := slices.Clone(b.report.Stages)
	for _, n := range b.report.Notices { // a case that is skipped shows its text
		stages = append(stages, result.Stage{Name: string(n.Kind), Status: result.Skipped, Reason: n.Message, At: n.At})
	}
	for _, st := range stages {
		if st.Target == "" && st.Status != result.OK {
			s.Cases = append(s.Cases, b.stage(st))
		}
	}
	if b.cut > 0 {
		c := b.newCase("kustoms", "report", "findings left out")
		c.Skipped = &junitNote{Message: plural(b.cut, "finding") + " left out, the least severe: GitLab reads files up to 30 MB"}
		s.Cases = append(s.Cases, c)
	}
	if len(s.Cases) == 0 && len(b.report.Targets) == 0 {
		// Jenkins fails a build whose file holds no case at all.
		s.Cases = append(s.Cases, b.newCase("kustoms", "report", "nothing to scan"))
	}
	return s
}

// families lists the families of rules that ran over the target, sorted.
func (b *junitBuilder) families(t *result.Target) []string {
	ran := map[string]int{}
	for _, st := range b.report.Stages {
		if st.Target == t.Name && st.Status == result.OK {
			ran[st.Name] = 1
		}
	}
	fams := map[string]int{}
	for _, m := range b.report.Rules {
		// A target of plain files has no objects for the rules to see.
		if ran[m.Analyzer] > 0 && (t.Kind != result.KindFiles || m.Analyzer != "rules") {
			fams[m.Family]++
		}
	}
	return sortedKeys(fams)
}

func (b *junitBuilder) finding(target, fam string, f *result.Finding) junitCase {
	c := b.newCase(target, fam, strings.Join(strings.Fields(f.Rule+" "+about(f)+" "+f.Field), " "))
	c.File = junitText(place(b.report, f).Path)
	text := junitDetail(b.report, f)
	msg := junitText(f.Severity.String() + ": " + f.Message)
	switch {
	case f.Suppressed != nil:
		c.Skipped = &junitNote{Message: junitText("suppressed: " + f.Suppressed.Reason)}
		c.Out = text
	case f.Baseline == result.BaselineUnchanged:
		c.Skipped = &junitNote{Message: "known from the baseline"}
		c.Out = text
	case b.gate(f):
		c.Failure = &junitNote{Message: msg, Type: f.Severity.String(), Text: text}
	default:
		c.Out = text
	}
	return c
}

// junitDetail repeats the message: GitLab shows an element's text alone.
func junitDetail(r *result.Report, f *result.Finding) string {
	out := []string{
		f.Severity.String() + ": " + f.Message,
		"at " + place(r, f).String(),
	}
	if len(f.Loc.Chain) > 1 {
		for _, o := range f.Loc.Chain[:min(len(f.Loc.Chain), sarifPlaces)] {
			out = append(out, strings.TrimSpace(fmt.Sprintf("  %s %s %s", o.Role, o.Span, o.Key)))
		}
	}
	if e := environments(f); e != "" {
		out = append(out, e)
	}
	if f.Fix != "" {
		out = append(out, "fix: "+collapse(f.Fix))
	}
	for i, s := range out {
		out[i] = junitText(s)
	}
	return strings.Join(out, "\n")
}

func (b *junitBuilder) stage(st result.Stage) junitCase {
	c := b.newCase(cmp.Or(st.Target, "kustoms"), "stage", st.Name)
	text := st.Reason
	if st.Hint != "" {
		text += " (" + st.Hint + ")"
	}
	n := &junitNote{Message: junitText(text)}
	c.File = junitText(st.At.Path)
	if st.Status == result.Failed {
		n.Type, n.Text = st.Name, n.Message
		c.Error = n
	} else {
		c.Skipped = n
	}
	return c
}

// newCase makes a case whose name is unique in its class. Dots part packages
// in Jenkins, so only the one before the family stays.
func (b *junitBuilder) newCase(target, fam, name string) junitCase {
	c := junitCase{
		Class: junitText(strings.ReplaceAll(target, ".", "_") + "." + strings.ReplaceAll(fam, ".", "_")),
		Name:  junitText(clip(name, 500)),
	}
	base := c.Name
	for {
		// The count goes on, so that many equal names take linear time.
		n := b.names[[2]string{c.Class, base}] + 1
		b.names[[2]string{c.Class, base}] = n
		if n == 1 && c.Name == base {
			break
		}
		c.Name = fmt.Sprintf("%s #%d", base, n)
		if k := [2]string{c.Class, c.Name}; b.names[k] == 0 {
			b.names[k] = 1
			break
		}
	}
	return c
}

// junitText is line without GitLab's attachment marker, which would make the
// report link to any artifact.
func junitText(s string) string {
	return strings.ReplaceAll(line(s), "[[ATTACHMENT", "[ [ATTACHMENT")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
