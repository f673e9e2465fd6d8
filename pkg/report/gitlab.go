package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// gitlab writes one of GitLab's security reports, in the shape of
// security-report-schemas 15.2.1. What GitLab makes of them is a fact of
// October 2026:
//
//   - A report that does not match the schema that it names is not ingested.
//   - The first identifier and the location track a vulnerability; the signature
//     "hash" takes the place of the location, so that a line added above does not
//     make a new one.
//   - Descriptions and solutions are GitLab Flavored Markdown.
//   - There is no place for suppressed findings: they are left out.
type gitlab struct {
	kind  string // "sast", "secret_detection", "container_scanning"
	takes func(r *result.Report, f *result.Finding) bool
	// entries makes what the report says of a finding, of its common part.
	entries func(o gitlab, r *result.Report, f *result.Finding, common gitlabVulnerability) []gitlabVulnerability
	time    time.Time
	commit  string
}

const (
	gitlabVersion     = "15.2.1"
	gitlabBytes       = 40_000_000 // the parser of the instance holds the file in memory
	gitlabFindings    = 5000
	gitlabName        = 255
	gitlabIdentifiers = 20
	gitlabCVSS        = 10
	gitlabTime        = "2006-01-02T15:04:05"
)

// gitlabNoCommit is what GitLab's own analyzers write where no commit is known.
const gitlabNoCommit = "0000000"

type gitlabReport struct {
	Version         string                `json:"version"`
	Schema          string                `json:"schema"`
	Scan            gitlabScan            `json:"scan"`
	Vulnerabilities []gitlabVulnerability `json:"vulnerabilities"`
}

type gitlabScan struct {
	Analyzer  gitlabTool      `json:"analyzer"`
	Scanner   gitlabTool      `json:"scanner"`
	Type      string          `json:"type"`
	StartTime string          `json:"start_time"`
	EndTime   string          `json:"end_time"`
	Status    string          `json:"status"`
	Messages  []gitlabMessage `json:"messages,omitempty"`
}

type gitlabTool struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	URL     string `json:"url"`
	Version string `json:"version"`
	Vendor  struct {
		Name string `json:"name"`
	} `json:"vendor"`
}

type gitlabMessage struct {
	Level string `json:"level"` // info, warn, fatal
	Value string `json:"value"`
}

type gitlabVulnerability struct {
	ID          string             `json:"id"`
	Name        string             `json:"name"`
	Description string             `json:"description"`
	Severity    string             `json:"severity"`
	Solution    string             `json:"solution,omitempty"`
	Identifiers []gitlabIdentifier `json:"identifiers"`
	Links       []gitlabLink       `json:"links,omitempty"`
	CVSS        []gitlabCVSSVector `json:"cvss_vectors,omitempty"`
	Location    gitlabLocation     `json:"location"`
	Tracking    *gitlabTracking    `json:"tracking,omitempty"`
}

type gitlabIdentifier struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Value string `json:"value"`
	URL   string `json:"url,omitempty"`
}

type gitlabLink struct {
	URL string `json:"url"`
}

type gitlabCVSSVector struct {
	Vendor string `json:"vendor"`
	Vector string `json:"vector"`
}

type gitlabLocation struct {
	File      string            `json:"file,omitempty"`
	StartLine int               `json:"start_line,omitempty"`
	EndLine   int               `json:"end_line,omitempty"`
	Commit    *gitlabCommit     `json:"commit,omitempty"`
	Image     string            `json:"image,omitempty"`
	OS        string            `json:"operating_system,omitempty"`
	Depends   *gitlabDependency `json:"dependency,omitempty"`
}

type gitlabCommit struct {
	SHA    string `json:"sha"`
	Author string `json:"author,omitempty"`
	Date   string `json:"date,omitempty"`
}

type gitlabDependency struct {
	Package struct {
		Name string `json:"name"`
	} `json:"package"`
	Version string `json:"version"`
}

type gitlabTracking struct {
	Type  string               `json:"type"`
	Items []gitlabTrackingItem `json:"items"`
}

type gitlabTrackingItem struct {
	File       string            `json:"file"`
	StartLine  int               `json:"start_line"`
	EndLine    int               `json:"end_line"`
	Signatures []gitlabSignature `json:"signatures"`
}

type gitlabSignature struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"value"`
}

func (o gitlab) Write(w io.Writer, r *result.Report) error {
	found := active(r)
	var mine []*result.Finding
	for _, f := range found {
		if o.takes(r, f) {
			mine = append(mine, f)
		}
	}
	vulns := []gitlabVulnerability{}
	size := 0
	cut := 0
	for i, f := range mine {
		vs := o.entries(o, r, f, o.vulnerability(r, f))
		for j := range vs {
			vs[j].Identifiers = vs[j].Identifiers[:min(len(vs[j].Identifiers), gitlabIdentifiers)]
		}
		b, err := json.Marshal(vs)
		if err != nil {
			return err
		}
		if size += len(b); size > gitlabBytes || len(vulns)+len(vs) > gitlabFindings {
			cut = len(mine) - i
			break
		}
		vulns = append(vulns, vs...)
	}
	return json.NewEncoder(w).Encode(gitlabReport{
		Version:         gitlabVersion,
		Schema:          "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v" + gitlabVersion + "/dist/" + gitlabSchemaFile(o.kind),
		Scan:            o.scan(r, cut),
		Vulnerabilities: vulns,
	})
}

func gitlabSchemaFile(kind string) string {
	return map[string]string{
		"sast":               "sast-report-format.json",
		"secret_detection":   "secret-detection-report-format.json",
		"container_scanning": "container-scanning-report-format.json",
	}[kind]
}

func (o gitlab) scan(r *result.Report, cut int) gitlabScan {
	tool := gitlabTool{ID: "kustoms", Name: "kustoms", URL: home, Version: clip(line(r.Tool.Version), gitlabName)}
	if tool.Version == "" {
		tool.Version = "unknown"
	}
	tool.Vendor.Name = "kustoms"
	s := gitlabScan{
		Analyzer: tool, Scanner: tool, Type: o.kind, Status: "success",
		StartTime: o.time.UTC().Format(gitlabTime), EndTime: o.time.UTC().Format(gitlabTime),
	}
	for _, g := range gaps(r) {
		level := "warn"
		if g.Status == result.Failed {
			level = "fatal"
			s.Status = "failure"
		}
		text := string(g.Status) + ": " + g.What
		if len(g.Targets) > 0 {
			text += " of " + g.Where()
		}
		s.Messages = append(s.Messages, gitlabMessage{level, clip(line(text+": "+g.Reason), sarifText)})
	}
	if cut > 0 {
		s.Messages = append(s.Messages, gitlabMessage{"warn", plural(cut, "finding") + " left out, the least severe: the report is limited to " + thousands(gitlabFindings)})
	}
	return s
}

// vulnerability has a name without the finding's own words, by which GitLab
// groups; those stand in the description.
func (o gitlab) vulnerability(r *result.Report, f *result.Finding) gitlabVulnerability {
	v := gitlabVulnerability{
		ID:          line(f.Fingerprint),
		Name:        clip(line(title(r, f.Rule)), gitlabName),
		Description: gitlabDescription(r, f),
		Severity:    gradeOf(f.Severity).GitLab,
		Solution:    mdProse(clip(collapse(f.Fix), sarifText)),
	}
	m := r.Rule(f.Rule)
	if m == nil {
		m = &result.Rule{ID: f.Rule}
	}
	v.Identifiers = append(v.Identifiers, gitlabIdentifier{"kustoms", "kustoms " + clip(line(f.Rule), 200), line(f.Rule), ruleURL(m)})
	for _, t := range taxaOf(m) {
		id := gitlabIdentifier{Type: "cis", Name: "CIS Kubernetes Benchmark " + t.id, Value: t.id}
		if t.standard == "CWE" {
			id = gitlabIdentifier{"cwe", "CWE-" + t.id, t.id, "https://cwe.mitre.org/data/definitions/" + t.id + ".html"}
		}
		v.Identifiers = append(v.Identifiers, id)
	}
	for _, ref := range m.Refs {
		if webURL(ref) {
			v.Links = append(v.Links, gitlabLink{ref})
		}
	}
	return v
}

// gitlabDescription is the message, where it comes from, and why it matters.
func gitlabDescription(r *result.Report, f *result.Finding) string {
	out := md(clip(line(f.Message), sarifText))
	if a := about(f); a != "" {
		out += "\n\n" + md(clip(line(a), sarifText))
	}
	if e := environments(f); e != "" {
		out += "\n\n" + md(clip(line(e), sarifText))
	}
	if chain := originsOf(f); len(chain) > 0 {
		out += "\n"
		for _, c := range chain {
			s := string(c.Role) + " " + c.Span.String()
			if c.Key != "" {
				s += " (" + c.Key + ")"
			}
			out += "\n1. " + md(clip(line(s), sarifText))
		}
	}
	if m := r.Rule(f.Rule); m != nil && m.Why != "" {
		out += "\n\n" + mdProse(clip(collapse(m.Why), sarifText))
	}
	return out
}

// gitlabSAST takes what neither of the other reports does.
func gitlabSAST(r *result.Report, f *result.Finding) bool {
	return !gitlabSecret(r, f) && !gitlabImage(r, f)
}

func gitlabImage(_ *result.Report, f *result.Finding) bool { return f.Vulnerability != nil }

func gitlabSecret(r *result.Report, f *result.Finding) bool {
	return f.Leak != nil || family(r, f.Rule) == "secret"
}

// inSource places a vulnerability in a file of the repository.
func (v *gitlabVulnerability) inSource(r *result.Report, f *result.Finding) {
	at := place(r, f)
	v.Location.File, v.Location.StartLine, v.Location.EndLine = line(at.Path), at.Start.Line, at.EndLine()
	v.Tracking = &gitlabTracking{"source", []gitlabTrackingItem{{
		File: v.Location.File, StartLine: at.Start.Line, EndLine: at.EndLine(),
		Signatures: []gitlabSignature{{"hash", line(f.Fingerprint)}},
	}}}
}

func gitlabInSource(_ gitlab, r *result.Report, f *result.Finding, v gitlabVulnerability) []gitlabVulnerability {
	v.inSource(r, f)
	return []gitlabVulnerability{v}
}

// gitlabInCommit adds the commit that brought a secret in: the one that was
// scanned, if it is in no older one as far as is known.
func gitlabInCommit(o gitlab, r *result.Report, f *result.Finding, v gitlabVulnerability) []gitlabVulnerability {
	v.inSource(r, f)
	c := &gitlabCommit{SHA: cmp.Or(line(o.commit), gitlabNoCommit)}
	if f.Leak != nil && f.Leak.Commit != "" {
		c = &gitlabCommit{line(f.Leak.Commit), line(f.Leak.Author), line(f.Leak.Date)}
	}
	v.Location.Commit = c
	return []gitlabVulnerability{v}
}

// gitlabInImage makes an entry for each package: GitLab tracks a vulnerability
// by image and package.
func gitlabInImage(_ gitlab, r *result.Report, f *result.Finding, common gitlabVulnerability) []gitlabVulnerability {
	vuln := f.Vulnerability
	common.Name = clip(line(cmp.Or(vuln.Title, vuln.ID)), gitlabName)
	if vuln.Rating == result.RatedUnknown || vuln.Rating == "" {
		common.Severity = "Unknown"
	}
	common.Identifiers = nil
	for _, id := range append([]string{vuln.ID}, vuln.Aliases...) {
		kind, _, _ := strings.Cut(strings.ToLower(line(id)), "-")
		_, url := advisorySource(id)
		common.Identifiers = append(common.Identifiers, gitlabIdentifier{cmp.Or(kind, "kustoms"), line(id), line(id), url})
	}
	for _, ref := range vuln.Refs {
		if webURL(ref) {
			common.Links = append(common.Links, gitlabLink{ref})
		}
	}
	for _, c := range vuln.CVSS[:min(len(vuln.CVSS), gitlabCVSS)] {
		common.CVSS = append(common.CVSS, gitlabCVSSVector{cmp.Or(line(c.Source), "unknown"), line(c.Vector)})
	}
	common.Location.Image = imageName(vuln.Image)
	common.Location.OS = cmp.Or(line(vuln.Image.OS), "unknown")
	common.Description += "\n\n" + md(clip(line("deployed by "+place(r, f).String()), sarifText))
	var out []gitlabVulnerability
	for i, p := range vuln.Packages {
		v := common
		if i > 0 {
			v.ID = fmt.Sprintf("%s/%d", common.ID, i)
		}
		v.Solution = md(clip(line(upgrade(p)), sarifText))
		d := &gitlabDependency{Version: line(p.Installed)}
		d.Package.Name = cmp.Or(line(p.Name), "unknown")
		v.Location.Depends = d
		out = append(out, v)
	}
	return out
}
