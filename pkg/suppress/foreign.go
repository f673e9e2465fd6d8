package suppress

import (
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Other tools' suppressions, each with the scope that its own documentation
// and code give it. "*" stands for all checks that the tool has. They ask for
// no reason, so none is demanded of them.
const (
	gitleaks  = "gitleaks"
	checkov   = "checkov"
	kics      = "kics"
	kubelint  = "kubelinter"
	kubescore = "kubescore"
	polaris   = "polaris"
	trivy     = "trivy"

	noReason = "no reason given"
)

var (
	// Checkov: anywhere within the resource, for the whole of it.
	checkovSkip = regexp.MustCompile(`#.*?(?:checkov|bridgecrew|cortex):skip= *([A-Za-z_\d]+(?:,[A-Za-z_\d]+)*)(?::([^\n]*))?`)
	// Trivy: on the first line of a block or above it, for the block. Several
	// may follow each other, and each may expire.
	trivyIgnore = regexp.MustCompile(`(?:trivy|tfsec):(?:exp:(\d{4}-\d{2}-\d{2}):)?ignore:([A-Za-z0-9*_-]+)(?:\[[^\]]*\])?(?::exp:([^\s:]+))?`)
	trivyStart  = regexp.MustCompile(`(?:^|\s)#\s*(?:trivy|tfsec):`)
	// gitleaks: anywhere on the line of the leak. What follows may be the leak
	// itself, and is a reason only where it says so.
	gitleaksAllow = regexp.MustCompile(`gitleaks:allow\b(?:\s*(?:--|:)\s+(.*))?`)
	// KICS: commands alone on their line; those about the file stand at its
	// top.
	kicsCommand = regexp.MustCompile(`^\s*#\s*kics-scan\s+(ignore-line|ignore-block|ignore|disable=\S+)`)
)

// foreign reads other tools' directives on line i.
func (f *file) foreign(i int, line string) []result.Waiver {
	var out []result.Waiver
	add := func(tool, rule, reason, expires string, from, upto int) {
		w := result.Waiver{Tool: tool, Rule: rule, Reason: reason, Expires: expires}
		if strings.TrimSpace(reason) == "" {
			w.Reason = noReason
		}
		f.place(&w, i, from, upto)
		out = append(out, w)
	}
	if m := gitleaksAllow.FindStringSubmatch(line); m != nil {
		add(gitleaks, "secret", commentEnd.ReplaceAllString(m[1], ""), "", i, i)
	}
	hash := strings.IndexByte(line, '#')
	if hash < 0 {
		return out
	}
	if m := checkovSkip.FindStringSubmatch(line); m != nil {
		from, upto := f.document(i)
		for id := range strings.SplitSeq(m[1], ",") {
			add(checkov, id, strings.TrimSpace(m[2]), "", from, upto)
		}
	}
	if at := trivyStart.FindStringIndex(line); at != nil {
		from := f.spokenOf(i, at[0])
		upto := f.block(from)
		if start, end := f.document(from); f.first(start) == from {
			upto = end // above the resource itself
		}
		for _, m := range trivyIgnore.FindAllStringSubmatch(line[at[0]:], -1) {
			add(trivy, m[2], "", m[1]+m[3], from, upto)
		}
	}
	if m := kicsCommand.FindStringSubmatch(line); m != nil {
		ids, disable := strings.CutPrefix(m[1], "disable=")
		switch next := i + 1; {
		case (disable || m[1] == "ignore") && f.first(0) < i:
			// not at the top: KICS passes over it
		case disable:
			for id := range strings.SplitSeq(ids, ",") {
				add(kics, id, "", "", 0, len(f.lines))
			}
		case m[1] == "ignore":
			add(kics, "*", "", "", 0, len(f.lines))
		case m[1] == "ignore-line":
			add(kics, "*", "", "", next, next)
		default:
			from := f.spokenOf(i, hash)
			add(kics, "*", "", "", from, f.block(from))
		}
	}
	return out
}

// document is the first and the last line of the YAML document of line i.
func (f *file) document(i int) (from, upto int) {
	i = min(i, len(f.lines)-1)
	from, upto = i, i
	for from > 0 && !strings.HasPrefix(f.lines[from-1], "---") {
		from--
	}
	for upto+1 < len(f.lines) && !strings.HasPrefix(f.lines[upto+1], "---") {
		upto++
	}
	return from, upto
}

// first is the first line of code from line i on.
func (f *file) first(i int) int {
	for ; i < len(f.lines); i++ {
		t := strings.TrimSpace(f.lines[i])
		if t != "" && t[0] != '#' && !strings.HasPrefix(t, "---") {
			return i
		}
	}
	return i
}

// block is the last line of the YAML block that starts on line i: what is
// indented deeper, and for a key the list below it.
func (f *file) block(i int) int {
	if i >= len(f.lines) {
		return i
	}
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	depth := indent(f.lines[i])
	isItem := strings.HasPrefix(strings.TrimSpace(f.lines[i]), "-")
	last := i
	for j := i + 1; j < len(f.lines); j++ {
		t := strings.TrimSpace(f.lines[j])
		if t == "" || t[0] == '#' {
			continue
		}
		d := indent(f.lines[j])
		if d < depth || d == depth && (isItem || !strings.HasPrefix(t, "-") || strings.HasPrefix(t, "---")) {
			break
		}
		last = j
	}
	return last
}

// impliedByKubeScore are the checks that an older name of kube-score covers.
var impliedByKubeScore = map[string][]string{
	"container-security-context": {"container-security-context-user-group-id", "container-security-context-privileged", "container-security-context-readonlyrootfilesystem"},
}

// foreignAnnotation reads other tools' annotations. All of them speak of the
// object that carries them; kube-score alone reads a pod template's, too.
func foreignAnnotation(key, value string, template bool) []result.Waiver {
	one := func(tool, rule, reason string) []result.Waiver {
		if reason = strings.TrimSpace(reason); reason == "" {
			reason = noReason
		}
		return []result.Waiver{{Tool: tool, Rule: rule, Reason: reason}}
	}
	if key == "kube-score/ignore" || key == "kube-score/skip" {
		if key == "kube-score/skip" {
			if value != "true" {
				return nil
			}
			return one(kubescore, "*", "")
		}
		var out []result.Waiver
		for id := range strings.SplitSeq(value, ",") {
			id = strings.TrimSpace(id)
			out = append(out, one(kubescore, id, "")...)
			for _, implied := range impliedByKubeScore[id] {
				out = append(out, one(kubescore, implied, "")...)
			}
		}
		return out
	}
	if template {
		return nil
	}
	switch {
	case strings.HasPrefix(key, "checkov.io/skip"), strings.HasPrefix(key, "bridgecrew.io/skip"):
		id, reason, _ := strings.Cut(value, "=")
		return one(checkov, strings.TrimSpace(id), reason)
	case key == "kube-linter.io/ignore-all":
		return one(kubelint, "*", value)
	case strings.HasPrefix(key, "ignore-check.kube-linter.io/"):
		return one(kubelint, strings.TrimPrefix(key, "ignore-check.kube-linter.io/"), value)
	case strings.HasPrefix(key, "polaris.fairwinds.com/") && strings.EqualFold(value, "true"):
		name := strings.TrimPrefix(key, "polaris.fairwinds.com/")
		if name == "exempt" {
			return one(polaris, "*", "")
		}
		if id, ok := strings.CutSuffix(name, "-exempt"); ok {
			return one(polaris, id, "")
		}
	}
	return nil
}

// ignoreFiles reads Trivy's and gitleaks', which take them from the directory
// they run in.
func ignoreFiles(repo Reader) []result.Waiver {
	var out []result.Waiver
	if data, err := repo.ReadFile(gitleaksIgnore); err == nil {
		out = append(out, gitleaksIgnoreFile(string(data))...)
	}
	if data, err := repo.ReadFile(".trivyignore"); err == nil {
		out = append(out, trivyIgnoreFile(".trivyignore", string(data))...)
	}
	for _, name := range [...]string{".trivyignore.yaml", ".trivyignore.yml"} {
		if data, err := repo.ReadFile(name); err == nil {
			out = append(out, trivyIgnoreYAML(name, data)...)
		}
	}
	return out
}

func trivyIgnoreFile(name, text string) []result.Waiver {
	var out []result.Waiver
	for i, line := range newFile(name, text).lines {
		code, note, _ := strings.Cut(line, "#")
		words := strings.Fields(code)
		if len(words) == 0 || len(out) >= maxWaivers {
			continue
		}
		w := result.Waiver{Tool: trivy, Form: result.FormFile, Rule: words[0], Reason: noReason, At: source.LineSpan(name, i+1)}
		if note = strings.TrimSpace(note); note != "" {
			w.Reason = note
		}
		for _, word := range words[1:] {
			if d, ok := strings.CutPrefix(word, "exp:"); ok {
				w.Expires = d
			}
		}
		out = append(out, w)
	}
	return out
}

func trivyIgnoreYAML(name string, data []byte) []result.Waiver {
	type entry struct {
		ID        yaml.Node `yaml:"id"`
		Paths     []string  `yaml:"paths"`
		Statement string    `yaml:"statement"`
		Expires   string    `yaml:"expired_at"`
	}
	var doc struct {
		Vulnerabilities   []entry `yaml:"vulnerabilities"`
		Misconfigurations []entry `yaml:"misconfigurations"`
		Secrets           []entry `yaml:"secrets"`
	}
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return []result.Waiver{{Tool: trivy, Form: result.FormFile, At: source.LineSpan(name, 1), Fault: "it is not valid YAML"}}
	}
	var out []result.Waiver
	for _, list := range [...][]entry{doc.Vulnerabilities, doc.Misconfigurations, doc.Secrets} {
		for _, e := range list {
			w := result.Waiver{
				Tool: trivy, Form: result.FormFile, Rule: e.ID.Value, Reason: noReason,
				Expires: e.Expires, At: source.LineSpan(name, max(e.ID.Line, 1)),
			}
			if e.Statement != "" {
				w.Reason = e.Statement
			}
			// Trivy matches a path in the list, and everything if it is empty.
			paths := e.Paths
			if len(paths) == 0 {
				paths = []string{""}
			}
			for _, p := range paths {
				w.Path = p
				out = append(out, w)
			}
		}
	}
	return out
}

const gitleaksIgnore = ".gitleaksignore"

// fingerprint is a finding as gitleaks names it: [COMMIT:]PATH:RULE:LINE.
var fingerprint = regexp.MustCompile(`^(?:([0-9a-f]{40}):)?(.+):([^:]+):(\d+)$`)

func gitleaksIgnoreFile(text string) []result.Waiver {
	var out []result.Waiver
	for i, line := range newFile(gitleaksIgnore, text).lines {
		code, note, _ := strings.Cut(" "+line, " #")
		code = strings.TrimSpace(code)
		if code == "" || code[0] == '#' || len(out) >= maxWaivers {
			continue
		}
		w := result.Waiver{Tool: gitleaks, Form: result.FormFile, Reason: noReason, At: source.LineSpan(gitleaksIgnore, i+1)}
		if note = strings.TrimSpace(note); note != "" {
			w.Reason = note
		}
		m := fingerprint.FindStringSubmatch(code)
		if m == nil {
			w.Fault = "it is no fingerprint of gitleaks: want [COMMIT:]PATH:RULE:LINE"
			out = append(out, w)
			continue
		}
		n, err := strconv.Atoi(m[4])
		if err != nil {
			w.Fault = "its line is no number"
		}
		// The path is one, not a glob.
		w.Path = quoteGlob(strings.TrimPrefix(strings.ReplaceAll(m[2], `\`, "/"), "./"))
		w.Commit, w.Rule, w.Lines = m[1], m[3], [2]int{n, n}
		out = append(out, w)
	}
	return out
}

// quoteGlob has every character of a path stand for itself.
func quoteGlob(p string) string {
	var b strings.Builder
	for _, r := range p {
		if strings.ContainsRune(`*?[]{}\`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
