package rule

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Example is a rule's fixture cut for readers: what is reported and what
// passes.
type Example struct{ Bad, Good string }

// Page is what people read about a rule, in Markdown: the text of
// docs/rules/<id>.md and of `kustoms explain`. params is a pointer to the
// rule's default parameters, nil if it has none.
func Page(m Meta, params any, ex Example) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n**%s**\n\n%s\n", m.ID, m.Title, facts(m))
	section := func(title, text string) {
		if text = strings.TrimSpace(text); text != "" {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", title, text)
		}
	}
	section("Why", m.Why)
	section("Fix", sentence(m.Fix)+byMachine(m))
	section("Reported", fence(ex.Bad))
	section("Passes", fence(ex.Good))
	section("Parameters", parameters(m.ID, params))
	section("Standards", bullets(m.Standards))
	section("Equal checks elsewhere", peers(m.Peers))
	section("Related checks elsewhere", peers(m.Related))
	section("References", bullets(m.Refs))
	return b.String()
}

func byMachine(m Meta) string {
	if m.Want == "" {
		return ""
	}
	return "\n\n`kustoms fix --rules " + m.ID + "` writes `" + m.Want + "` there, where it can."
}

func facts(m Meta) string {
	state := "on by default"
	if m.Off {
		state = "off by default"
	}
	facts := []string{"severity " + m.Severity.String(), "family " + m.Family, state}
	if m.Since != "" {
		facts = append(facts, "since "+m.Since)
	}
	if len(m.Aliases) > 0 {
		facts = append(facts, "also known as "+strings.Join(m.Aliases, ", "))
	}
	text := strings.Join(facts, " · ")
	if m.Deprecated != "" {
		text += "\n\nRetired: " + m.Deprecated
	}
	return text
}

// sentence writes a message, which is lower case without a full stop, as a
// paragraph. A first word that is code keeps its case.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	first, _, _ := strings.Cut(s, " ")
	if !strings.ContainsFunc(first, func(r rune) bool { return r < 'a' || r > 'z' }) {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return strings.TrimRight(s, ".") + "."
}

func fence(yaml string) string {
	if yaml == "" {
		return ""
	}
	return "```yaml\n" + strings.TrimRight(yaml, "\n") + "\n```"
}

func parameters(id string, params any) string {
	if params == nil {
		return ""
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	err := enc.Encode(map[string]any{"rules": map[string]any{id: map[string]any{"params": params}}})
	if err != nil {
		return ""
	}
	return "The defaults, as `.kustoms.yaml` would say them:\n\n" + fence(b.String())
}

func peers(ids map[string][]string) string {
	var b strings.Builder
	for _, tool := range slices.Sorted(maps.Keys(ids)) {
		name, ok := peerNames[tool]
		if !ok {
			name = tool
		}
		fmt.Fprintf(&b, "- %s: %s\n", name, strings.Join(ids[tool], ", "))
	}
	return b.String()
}

// peerNames are how other tools write their names.
var peerNames = map[string]string{
	"checkov": "Checkov", "kalm": "KALM", "kics": "KICS", "kubelinter": "kube-linter",
	"kubescape": "Kubescape", "kubescore": "kube-score", "kyverno": "Kyverno",
	"polaris": "Polaris", "trivy": "Trivy",
}

func bullets(items []string) string {
	var b strings.Builder
	for _, it := range items {
		fmt.Fprintf(&b, "- %s\n", it)
	}
	return b.String()
}
