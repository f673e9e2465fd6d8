package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// summary is what every format for people says about a report as a whole.
type summary struct {
	Count      [result.Critical + 1]int // findings that count, by severity
	Total      int                      // their sum
	Failing    int                      // of them, at or over the gate
	Gate       result.Gate
	Suppressed int
	Known      int // unchanged since the baseline
	Fixed      int // absent since the baseline
	Rendered   int // targets
	FailedT    int
	SkippedT   int
	Objects    int
	Gaps       []gap
	Notices    []gap // what stands on top
	Incomplete bool
}

// noticed is the status of a notice among the gaps: like them it is said
// before the findings, because it decides what they are worth.
const noticed result.Status = "notice"

// gap is something that was not looked at, or a notice.
type gap struct {
	Status  result.Status
	What    string // stage, or "images"
	Targets []string
	Reason  string
	Hint    string
	At      source.Span
}

// Where names the gap's targets shortly.
func (g gap) Where() string { return among(g.Targets, 3) }

// among joins at most n names and counts the rest.
func among(names []string, n int) string {
	if len(names) > n {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:n], ", "), len(names)-n)
	}
	return strings.Join(names, ", ")
}

func summarize(r *result.Report) summary {
	s := summary{Failing: r.Failing(), Gate: r.Gate, Incomplete: len(r.Incomplete()) > 0}
	for i := range r.Findings {
		switch f := &r.Findings[i]; {
		case f.Suppressed != nil:
			s.Suppressed++
		case f.Baseline == result.BaselineUnchanged:
			s.Known++
		case f.Baseline == result.BaselineAbsent:
			s.Fixed++
		default:
			s.Count[min(max(f.Severity, result.Info), result.Critical)]++
			s.Total++
		}
	}
	for _, t := range r.Targets {
		s.Objects += t.Objects
		switch {
		case t.Status == result.Failed:
			s.FailedT++
		case t.Status == result.Skipped:
			s.SkippedT++
		case t.Kind != result.KindFiles:
			s.Rendered++
		}
	}
	for _, g := range gaps(r) {
		if g.Status == noticed {
			s.Notices = append(s.Notices, g)
		} else {
			s.Gaps = append(s.Gaps, g)
		}
	}
	return s
}

// gaps lists the notices and what was not looked at, failed stages first; stages that differ
// only by target are one gap.
func gaps(r *result.Report) []gap {
	var out []gap
	seen := map[string]int{}
	add := func(g gap, target string) {
		k := strings.Join([]string{string(g.Status), g.What, g.Reason, g.Hint, g.At.String()}, "\x00")
		i, ok := seen[k]
		if !ok {
			i = len(out)
			seen[k] = i
			out = append(out, g)
		}
		if target != "" && !slices.Contains(out[i].Targets, target) {
			out[i].Targets = append(out[i].Targets, target)
		}
	}
	for _, n := range r.Notices {
		add(gap{Status: noticed, What: string(n.Kind), Reason: n.Message, At: n.At}, "")
	}
	for _, s := range r.Stages {
		if s.Status != result.OK {
			add(gap{Status: s.Status, What: s.Name, Reason: s.Reason, Hint: s.Hint, At: s.At}, s.Target)
		}
	}
	refs := map[string]bool{}
	var in []string
	for _, t := range r.Targets {
		for _, i := range t.Images {
			if !i.Scanned {
				refs[i.Ref] = true
				if len(in) == 0 || in[len(in)-1] != t.Name {
					in = append(in, t.Name)
				}
			}
		}
	}
	said := slices.ContainsFunc(out, func(g gap) bool { return g.What == "images" })
	if len(refs) > 0 && !said {
		out = append(out, gap{Status: result.Skipped, What: "images", Targets: in, Reason: plural(len(refs), "image") + " not scanned for known vulnerabilities"})
	}
	slices.SortStableFunc(out, func(a, b gap) int {
		return cmp.Compare(rank(a.Status), rank(b.Status))
	})
	return out
}

func rank(s result.Status) int {
	switch s {
	case noticed:
		return 0
	case result.Failed:
		return 1
	}
	return 2
}

// tally is a number of findings that do not count, and why.
type tally struct {
	N    int
	What string
}

// Aside lists the findings that do not count.
func (s summary) Aside() []tally {
	return slices.DeleteFunc([]tally{
		{s.Suppressed, "suppressed"}, {s.Known, "known from the baseline"}, {s.Fixed, "fixed since the baseline"},
	}, func(t tally) bool { return t.N == 0 })
}

// Coverage says how much was looked at.
func (s summary) Coverage() string {
	c := plural(s.Rendered, "target") + " rendered"
	if s.FailedT > 0 {
		c += fmt.Sprintf(", %d failed", s.FailedT)
	}
	if s.SkippedT > 0 {
		c += fmt.Sprintf(", %d skipped", s.SkippedT)
	}
	return c + ", " + plural(s.Objects, "object") + " checked"
}

// Verdict says what the run's exit code means. Incomplete comes first, and
// hides nothing: the gate is named too.
func (s summary) Verdict() string {
	gate := "the gate is off (--fail-on none)"
	switch {
	case s.Failing > 0:
		gate = fmt.Sprintf("%s %s", plural(s.Failing, "finding"), s.Gate)
	case !s.Gate.Off():
		gate = fmt.Sprintf("no finding %s", s.Gate)
	}
	switch {
	case s.Incomplete:
		return "incomplete (exit 3): not everything was looked at; " + gate
	case s.Failing > 0:
		return "failed (exit 1): " + gate
	}
	return "passed (exit 0): " + gate
}

// State is the verdict's first word.
func (s summary) State() string {
	switch {
	case s.Incomplete:
		return "incomplete"
	case s.Failing > 0:
		return "failed"
	}
	return "passed"
}

// worst orders findings worst first and keeps the report's order otherwise.
func worst(fs []*result.Finding) {
	slices.SortStableFunc(fs, func(a, b *result.Finding) int { return cmp.Compare(b.Severity, a.Severity) })
}

// active lists the findings of a report that are there and not suppressed,
// worst first: what platforms that keep their own history want. Findings known
// from a baseline are among them, for leaving one out would close its alert.
func active(r *result.Report) []*result.Finding {
	return pick(r, func(f *result.Finding) bool {
		return f.Suppressed == nil && f.Baseline != result.BaselineAbsent
	})
}

// counting lists the findings that can fail the gate, worst first.
func counting(r *result.Report) []*result.Finding {
	return pick(r, (*result.Finding).Counts)
}

func pick(r *result.Report, keep func(*result.Finding) bool) []*result.Finding {
	var out []*result.Finding
	for i := range r.Findings {
		if keep(&r.Findings[i]) {
			out = append(out, &r.Findings[i])
		}
	}
	worst(out)
	return out
}

// place is a finding's primary span, with a path and a line in any case:
// platforms reject a result without them.
func place(r *result.Report, f *result.Finding) source.Span {
	s := f.Loc.Primary
	for i := range r.Targets {
		if t := &r.Targets[i]; s.Path == "" && slices.Contains(f.Targets, t.Name) {
			s.Path = t.Path
			if len(t.Files) > 0 {
				s.Path = t.Files[0]
			}
		}
	}
	if s.Path == "" {
		s.Path = "."
	}
	s.Path = strings.TrimPrefix(s.Path, "./")
	s.Start.Line = max(s.Start.Line, 1)
	s.End.Line = s.EndLine()
	if s.End.Line == s.Start.Line && s.End.Col <= s.Start.Col {
		s.End.Col = 0
	}
	return s
}

// originsOf leads from a finding's primary place to the rendered line, for what
// can show a chain of places; a plain manifest needs none.
func originsOf(f *result.Finding) []result.Origin {
	c := f.Loc.Chain[:min(len(f.Loc.Chain), sarifPlaces)]
	if len(c) == 0 || len(c) == 1 && c[0].Role == result.RoleFile {
		return nil
	}
	if at := f.Loc.Rendered; !at.IsZero() {
		c = append(slices.Clone(c), result.Origin{Span: at, Role: "rendered"})
	}
	return c
}

// about is what a finding concerns: the object, and the container in it.
func about(f *result.Finding) string {
	o := f.Object.String()
	if f.Container == "" {
		return o
	}
	return strings.TrimSpace(o + " container " + f.Container)
}

// environments says in which targets a finding is seen, if in more than one.
func environments(f *result.Finding) string {
	if len(f.Targets) < 2 {
		return ""
	}
	return fmt.Sprintf("seen in %d targets: %s", len(f.Targets), among(f.Targets, 5))
}

// family is the family of a rule in the report, "other" if it is not listed.
func family(r *result.Report, id string) string {
	if m := r.Rule(id); m != nil && m.Family != "" {
		return m.Family
	}
	return "other"
}

// title is the rule's title, its id if it is not listed.
func title(r *result.Report, id string) string {
	if m := r.Rule(id); m != nil && m.Title != "" {
		return m.Title
	}
	return id
}
