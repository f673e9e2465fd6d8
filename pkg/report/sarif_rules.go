package report

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/chavacava/garif"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// home is the project's address, and docs where its rules are explained.
const (
	home = "https://github.com/kustoms-dev/kustoms"
	docs = home + "/blob/main/docs/"
)

// secretCWE are the weaknesses by which GitLab takes a result for a leaked
// secret. They are named for findings of the secret family only: a
// misconfiguration would land in the wrong report.
func secretCWE(id string) bool {
	return slices.Contains([]string{"798", "259", "321", "522", "312", "319", "256", "257", "540"}, id)
}

// taxon is an entry of a published standard.
type taxon struct{ standard, id string }

var (
	cweID = regexp.MustCompile(`^CWE-([0-9]+)$`)
	cisID = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)+`)
)

// taxaOf lists the CWE and CIS entries of a rule that platforms may see.
func taxaOf(m *result.Rule) []taxon {
	var out []taxon
	for _, s := range m.Standards {
		if c := cweID.FindStringSubmatch(s); c != nil {
			if m.Family == "secret" || !secretCWE(c[1]) {
				out = append(out, taxon{"CWE", c[1]})
			}
		} else if rest, ok := strings.CutPrefix(s, "CIS "); ok {
			for _, id := range cisID.FindAllString(rest, -1) {
				out = append(out, taxon{"CIS", id})
			}
		}
	}
	return out
}

// sarifDriver describes the tool: all rules that ran, each with the severity
// of its worst finding (GitHub knows none but the rule's), and the standards
// that they serve.
func sarifDriver(r *result.Report, found []*result.Finding) (*garif.ToolComponent, []*garif.ToolComponent) {
	d := &garif.ToolComponent{
		Name: "kustoms", FullName: "kustoms " + line(r.Tool.Version), InformationUri: home,
		Organization: "kustoms", Version: clip(line(r.Tool.Version), sarifName),
		SupportedTaxonomies: []*garif.ToolComponentReference{{Name: "CWE"}, {Name: "CIS"}},
		Notifications: []*garif.ReportingDescriptor{
			sarifNotice("not-scanned", "NotScanned", "Something was not asked for, or cannot be scanned here."),
			sarifNotice("results-cut", "ResultsCut", "Findings were left out to keep within platform limits."),
			sarifNotice("stage-failed", "StageFailed", "Something could not be scanned: the run is incomplete."),
		},
	}
	if semver.MatchString(r.Tool.Version) {
		d.SemanticVersion = r.Tool.Version
	}
	worstOf := map[string]result.Severity{}
	for _, f := range found {
		worstOf[f.Rule] = max(worstOf[f.Rule], f.Severity)
	}
	used := map[taxon]bool{}
	rules := slices.Clone(r.Rules)
	for id := range worstOf {
		if r.Rule(id) == nil { // each result needs its rule
			rules = append(rules, result.Rule{ID: id, Title: id})
		}
	}
	slices.SortFunc(rules, func(a, b result.Rule) int { return strings.Compare(a.ID, b.ID) })
	for i := range rules {
		m := rules[i]
		if s, ok := worstOf[m.ID]; ok {
			m.Severity = s
		}
		d.Rules = append(d.Rules, sarifRule(&m))
		for _, t := range taxaOf(&m) {
			used[t] = true
		}
	}
	return d, []*garif.ToolComponent{
		sarifTaxonomy("CWE", "MITRE", "https://cwe.mitre.org/", used),
		sarifTaxonomy("CIS", "Center for Internet Security", "https://www.cisecurity.org/benchmark/kubernetes", used),
	}
}

var semver = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?$`)

func sarifNotice(id, name, text string) *garif.ReportingDescriptor {
	t := sarifString(text)
	return &garif.ReportingDescriptor{Id: id, Name: name, HelpUri: home, ShortDescription: t, FullDescription: t, Help: t}
}

func sarifRule(m *result.Rule) *garif.ReportingDescriptor {
	g := gradeOf(m.Severity)
	d := &garif.ReportingDescriptor{
		Id: m.ID, Name: pascal(m.ID),
		ShortDescription:     sarifString(sentence(m.Title)),
		FullDescription:      sarifString(sentence(m.Why)),
		Help:                 &garif.MultiformatMessageString{Text: clip(helpText(m), sarifText), Markdown: clip(helpMarkdown(m), sarifText)},
		HelpUri:              ruleURL(m),
		DefaultConfiguration: &garif.ReportingConfiguration{Level: g.Level},
		DeprecatedIds:        m.Aliases,
	}
	if m.Why == "" {
		d.FullDescription = d.ShortDescription
	}
	tags := []string{"security", "kubernetes"}
	if m.Family != "" {
		tags = append(tags, m.Family)
	}
	for _, t := range taxaOf(m) {
		d.Relationships = append(d.Relationships, &garif.ReportingDescriptorRelationship{
			Kinds:  []string{"superset"},
			Target: &garif.ReportingDescriptorReference{Id: t.id, ToolComponent: &garif.ToolComponentReference{Name: t.standard}},
		})
		tag := "CIS-" + t.id
		if t.standard == "CWE" {
			tag = "external/cwe/cwe-" + t.id
		}
		tags = append(tags, tag)
	}
	d.Properties = &garif.PropertyBag{
		"security-severity": g.Score,
		"tags":              tags[:min(len(tags), sarifTags)],
	}
	return d
}

func sarifTaxonomy(name, org, info string, used map[taxon]bool) *garif.ToolComponent {
	c := &garif.ToolComponent{
		Name: name, Organization: org, InformationUri: info,
		ShortDescription: sarifString(map[string]string{
			"CWE": "Common Weakness Enumeration.",
			"CIS": "CIS Kubernetes Benchmark.",
		}[name]),
	}
	for t := range used {
		if t.standard == name {
			c.Taxa = append(c.Taxa, &garif.ReportingDescriptor{Id: t.id})
		}
	}
	slices.SortFunc(c.Taxa, func(a, b *garif.ReportingDescriptor) int { return strings.Compare(a.Id, b.Id) })
	return c
}

// ruleURL is the page that explains a built-in rule or a vulnerability; a user's
// own rule has its first reference at most.
func ruleURL(m *result.Rule) string {
	if isVulnerability(m) {
		_, url := advisorySource(m.ID)
		return url
	}
	switch m.Analyzer { // rules of these have no page of their own
	case "images", "secrets":
		return docs + m.Analyzer + ".md"
	}
	if m.Family != "policy" && m.Family != "" {
		return docs + "rules/" + uri(m.ID) + ".md"
	}
	for _, ref := range m.Refs {
		if webURL(ref) {
			return ref
		}
	}
	return ""
}

// webURL reports whether s is an address that is safe to link to.
func webURL(s string) bool {
	return strings.HasPrefix(s, "https://") && plain(s) && !strings.ContainsAny(s, " \"'<>()[]`\\|")
}

func helpText(m *result.Rule) string {
	return strings.TrimSpace(sentence(m.Why) + " " + sentence("Fix: "+m.Fix))
}

func helpMarkdown(m *result.Rule) string {
	var b strings.Builder
	b.WriteString(mdProse(sentence(m.Why)))
	if m.Fix != "" {
		b.WriteString("\n\n**Fix:** " + mdProse(sentence(m.Fix)))
	}
	if len(m.Standards) > 0 {
		b.WriteString("\n\n**Standards:** " + md(strings.Join(m.Standards, ", ")))
	}
	for _, ref := range m.Refs {
		if webURL(ref) {
			b.WriteString("\n\n<" + ref + ">")
		}
	}
	return strings.TrimSpace(b.String())
}

func sarifString(s string) *garif.MultiformatMessageString {
	return &garif.MultiformatMessageString{Text: clip(s, sarifText)}
}

// sentence is s as one line that ends in a full stop; an empty one says so,
// for platforms reject empty strings.
func sentence(s string) string {
	s = collapse(s)
	switch {
	case s == "":
		return "No description."
	case strings.HasSuffix(s, "."), strings.HasSuffix(s, "!"), strings.HasSuffix(s, "?"):
		return s
	}
	return s + "."
}

// pascal turns run-as-non-root into RunAsNonRoot, SARIF's form of a name.
func pascal(id string) string {
	var b strings.Builder
	for w := range strings.FieldsFuncSeq(line(id), func(r rune) bool { return r == '-' || r == '_' || r == ' ' || r == '.' }) {
		first, n := utf8.DecodeRuneInString(w)
		b.WriteRune(unicode.ToUpper(first))
		b.WriteString(w[n:])
	}
	return clip(b.String(), sarifName)
}
