package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/chavacava/garif"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// sarif writes one run that GitHub and GitLab both take whole. Their limits,
// and what each makes of a property, are facts of October 2026:
//
//   - GitLab drops a result with a string over 1,024 characters and fails the
//     scan if it drops more than half; GitHub keeps the worst 5,000 results,
//     GitLab the first 5,000. Both stop at 10 MB and 10 tags.
//   - GitLab lets `rank` overrule every severity: it is never written.
//   - GitHub ignores `suppressions`, so a suppressed result would stay an
//     alert: it is left out unless asked for.
//   - GitHub takes only `primaryLocationLineHash` of the fingerprints, and
//     github/codeql-action/upload-sarif computes it from the source; a value that
//     differs makes a warning for each result. A report holds no source to
//     compute it from, so ours has a key of its own.
//   - garif drops a ruleIndex of 0, which reads as "no index": none is written.
type sarif struct {
	category   string
	suppressed bool
}

const (
	sarifResults = 5000
	sarifBytes   = 9_500_000
	sarifText    = 1000
	sarifName    = 255
	sarifTags    = 10
	sarifPlaces  = 20 // related places, and steps of a flow, of one result
)

// sarifLog and sarifRun are garif's but for `results`, which garif drops when
// empty: a run without it is rejected.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	*garif.Run
	Results []json.RawMessage `json:"results"`
}

func (o sarif) Write(w io.Writer, r *result.Report) error {
	keep := func(f *result.Finding) bool {
		return f.Baseline != result.BaselineAbsent && (o.suppressed || f.Suppressed == nil)
	}
	found := pick(r, keep)
	driver, taxonomies := sarifDriver(r, found)
	run := &garif.Run{
		Tool:              &garif.Tool{Driver: driver},
		Taxonomies:        taxonomies,
		AutomationDetails: &garif.RunAutomationDetails{Id: o.automation()},
		ColumnKind:        "unicodeCodePoints",
	}
	head, err := json.Marshal(run)
	if err != nil {
		return err
	}
	results := []json.RawMessage{}
	size := len(head)
	for _, f := range found {
		b, err := json.Marshal(sarifResult(r, f))
		if err != nil {
			return err
		}
		if size += len(b) + 1; size > sarifBytes || len(results) == sarifResults {
			break
		}
		results = append(results, b)
	}
	run.Invocations = []*garif.Invocation{sarifInvocation(r, len(found)-len(results))}
	return json.NewEncoder(w).Encode(sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{{run, results}},
	})
}

// automation ends in a slash: GitHub takes what precedes the last one as the
// category, by which an upload replaces the one before it.
func (o sarif) automation() string {
	if c := strings.Trim(line(o.category), "/"); c != "" {
		return clip("kustoms/"+c, sarifName) + "/"
	}
	return "kustoms/"
}

func sarifResult(r *result.Report, f *result.Finding) *garif.Result {
	res := &garif.Result{
		RuleId:              f.Rule,
		Level:               garif.ResultLevel(gradeOf(f.Severity).Level),
		PartialFingerprints: map[string]string{"kustomsFingerprint/v1": f.Fingerprint},
		Locations:           []*garif.Location{sarifLocation(place(r, f))},
	}
	if !f.Object.IsZero() {
		res.Locations[0].LogicalLocations = []*garif.LogicalLocation{{
			Name: clip(line(f.Object.Name), sarifName), Kind: "resource",
			FullyQualifiedName: clip(line(strings.TrimSuffix(f.Object.String()+":"+f.Field, ":")), sarifText),
		}}
	}
	msg := line(f.Message)
	if e := environments(f); e != "" {
		msg += " (" + line(e) + ")"
	}
	// GitHub shows a related place only where the message links to its id.
	var links string
	for _, rel := range f.Related {
		id := len(res.RelatedLocations) + 1
		link := fmt.Sprintf(". See [%s](%d)", sarifLiteral(clip(line(rel.Message), 80)), id)
		if rel.Location.Primary.Path == "" || id > sarifPlaces || len(links)+len(link) > sarifText/2 {
			continue
		}
		l := sarifLocation(rel.Location.Primary)
		l.Id, l.Message = id, sarifMessage(rel.Message)
		res.RelatedLocations = append(res.RelatedLocations, l)
		links += link
	}
	res.Message = &garif.Message{Text: clip(sarifLiteral(msg), sarifText-len(links)) + links}
	res.CodeFlows = sarifFlow(f)
	res.Fixes = sarifFix(f)
	res.Properties = sarifExploitation(f.Vulnerability)
	if f.Baseline != "" {
		res.BaselineState = string(f.Baseline)
	}
	if l := f.Lifted; l != nil {
		res.Properties = &garif.PropertyBag{"kustomsRaisedFrom": l.From.String(), "kustomsAttackPathTo": l.Goal}
	}
	if s := f.Suppressed; s != nil {
		res.Suppressions = []*garif.Suppression{{Kind: "external", Status: "accepted", Justification: clip(line(s.Reason), sarifText)}}
		if s.Kind == "comment" || s.Kind == "annotation" {
			res.Suppressions[0].Kind = "inSource"
		}
	}
	return res
}

// sarifExploitation is what the operator's files say of a vulnerability; nil
// where they say nothing.
func sarifExploitation(v *result.Vulnerability) *garif.PropertyBag {
	if v == nil || v.EPSS == nil && v.KEV == nil {
		return nil
	}
	p := garif.PropertyBag{}
	if v.EPSS != nil {
		p["epss"] = *v.EPSS
	}
	if v.KEV != nil {
		p["kev"] = *v.KEV
	}
	return &p
}

// sarifFix offers the finding's edits whole or not at all: an edit that was cut
// or cleaned would be another one.
func sarifFix(f *result.Finding) []*garif.Fix {
	if len(f.Edits) == 0 {
		return nil
	}
	fix := &garif.Fix{Description: sarifMessage(sentence(f.Fix))}
	byPath := map[string]*garif.ArtifactChange{}
	size := 0
	for _, e := range f.Edits {
		if size += len(e.Text); size > sarifText || lines(e.Text) != e.Text {
			return nil
		}
		c := byPath[e.Span.Path]
		if c == nil {
			c = &garif.ArtifactChange{ArtifactLocation: &garif.ArtifactLocation{Uri: uri(e.Span.Path)}}
			byPath[e.Span.Path] = c
			fix.ArtifactChanges = append(fix.ArtifactChanges, c)
		}
		reg := &garif.Region{StartLine: e.Span.Start.Line, StartColumn: max(e.Span.Start.Col, 1), EndLine: e.Span.EndLine(), EndColumn: e.Span.End.Col}
		if reg.EndColumn == 0 {
			reg.EndColumn = reg.StartColumn
		}
		r := &garif.Replacement{DeletedRegion: reg}
		if e.Text != "" {
			r.InsertedContent = &garif.ArtifactContent{Text: e.Text}
		}
		c.Replacements = append(c.Replacements, r)
	}
	return []*garif.Fix{fix}
}

// sarifFlow leads from where a line's text is written, over values and
// templates, to the rendered line, as steps that GitHub lets people walk.
func sarifFlow(f *result.Finding) []*garif.CodeFlow {
	chain := f.Loc.Chain
	if len(chain) < 2 {
		return nil
	}
	chain = chain[:min(len(chain), sarifPlaces)]
	var steps []*garif.ThreadFlowLocation
	step := func(at source.Span, msg string) *garif.Location {
		l := sarifLocation(at)
		l.Message = sarifMessage(msg)
		steps = append(steps, &garif.ThreadFlowLocation{Location: l})
		return l
	}
	for _, o := range chain {
		msg := string(o.Role)
		if o.Key != "" {
			msg += ": " + o.Key
		}
		step(o.Span, msg)
	}
	if at := f.Loc.Rendered; !at.IsZero() {
		// The rendered text is no file of the repository: the last step stands
		// on the line that printed it.
		l := step(chain[len(chain)-1].Span, fmt.Sprintf("renders line %d of target %s", at.Start.Line, at.Path))
		l.LogicalLocations = []*garif.LogicalLocation{{FullyQualifiedName: clip(line(at.String()), sarifText)}}
	}
	return []*garif.CodeFlow{{ThreadFlows: []*garif.ThreadFlow{{Locations: steps}}}}
}

func sarifLocation(at source.Span) *garif.Location {
	reg := &garif.Region{StartLine: max(at.Start.Line, 1), StartColumn: at.Start.Col}
	if at.End.Line > reg.StartLine {
		reg.EndLine = at.End.Line
	}
	if at.Start.Col > 0 && at.End.Col > 0 && (reg.EndLine > 0 || at.End.Col > at.Start.Col) {
		reg.EndColumn = at.End.Col
	}
	if reg.EndLine == 0 {
		reg.EndLine = reg.StartLine
	}
	return &garif.Location{PhysicalLocation: &garif.PhysicalLocation{
		ArtifactLocation: &garif.ArtifactLocation{Uri: uri(at.Path)},
		Region:           reg,
	}}
}

// sarifInvocation carries what was not looked at, and what was cut.
func sarifInvocation(r *result.Report, cut int) *garif.Invocation {
	inv := &garif.Invocation{ExecutionSuccessful: len(r.Incomplete()) == 0}
	note := func(id, level, msg string) *garif.Notification {
		n := &garif.Notification{
			Descriptor: &garif.ReportingDescriptorReference{Id: id},
			Level:      level, Message: sarifMessage(msg),
		}
		inv.ToolExecutionNotifications = append(inv.ToolExecutionNotifications, n)
		return n
	}
	for _, g := range gaps(r) {
		id, level := "not-scanned", "note"
		switch g.Status {
		case result.Failed:
			id, level = "stage-failed", "error"
		case noticed:
			id, level = g.What, "warning"
		}
		msg := g.What
		if len(g.Targets) > 0 {
			msg += " of " + g.Where()
		}
		msg += ": " + g.Reason
		if g.Hint != "" {
			msg += " (" + g.Hint + ")"
		}
		n := note(id, level, msg)
		if at := g.At; at.Path != "" {
			n.Locations = []*garif.Location{sarifLocation(at)}
		}
	}
	if cut > 0 {
		note("results-cut", "warning", fmt.Sprintf("%s left out, the least severe: this format is limited to %s results and 10 MB", plural(cut, "finding"), thousands(sarifResults)))
	}
	return inv
}

// sarifLiteral is text that may stand in a message, where brackets make links.
func sarifLiteral(s string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`).Replace(line(s))
}

func sarifMessage(s string) *garif.Message {
	return &garif.Message{Text: clip(sarifLiteral(s), sarifText)}
}

// uri is a repository path as a relative reference.
func uri(p string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(strings.TrimPrefix(p, "./")) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', slices.Contains([]byte("-._~/+@,="), c):
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
