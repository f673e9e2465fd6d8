package result

import (
	"slices"
	"strings"
)

// profiles says which rules each profile has on. What a standard asks for is
// the catalogue's to say, so a profile of one is derived from its column.
var profiles = map[string]func(*Rule) bool{
	"default":        func(m *Rule) bool { return !m.Off },
	"strict":         func(*Rule) bool { return true },
	"pss-baseline":   func(m *Rule) bool { return m.Serves("PSS baseline") },
	"pss-restricted": func(m *Rule) bool { return m.Serves("PSS baseline") || m.Serves("PSS restricted") },
	"nsa":            func(m *Rule) bool { return m.Serves("NSA") },
	"cis":            func(m *Rule) bool { return m.Serves("CIS") },
	// What the API server refuses does not run either.
	"reliability": func(m *Rule) bool {
		return m.Family == "reliability" || !m.Off && (m.Family == "schema" || m.Family == "deprecation")
	},
}

// Profiles lists the names of the profiles, the default one first.
func Profiles() []string {
	return []string{"default", "strict", "pss-baseline", "pss-restricted", "nsa", "cis", "reliability"}
}

// In reports whether the rule is on in a profile; "" is the default one.
func (m *Rule) In(profile string) bool {
	if profile == "" {
		profile = "default"
	}
	has := profiles[profile]
	return m.Deprecated == "" && has != nil && has(m)
}

// Serves reports whether the rule serves a standard, or the item of one, by
// whole words or numbers: "cis", "CIS 5.2", "CIS-5.2.2", "PSS baseline".
func (m *Rule) Serves(standard string) bool {
	want := standardName(standard)
	return want != "" && slices.ContainsFunc(m.Items(), func(item string) bool {
		rest, ok := strings.CutPrefix(standardName(item), want)
		return ok && (rest == "" || rest[0] == ' ' || rest[0] == '.')
	})
}

// Items are the rule's standards one by one: "CIS 5.2.8 5.2.9" is two.
func (m *Rule) Items() []string {
	var out []string
	for _, s := range m.Standards {
		words := strings.Fields(s)
		switch {
		case strings.HasPrefix(s, "CWE-"):
			out = append(out, words...)
		case len(words) > 2 && words[0] == "CIS" && words[1][0] != '(': // "CIS (until 1.8) 5.2" is one
			for _, w := range words[1:] {
				out = append(out, words[0]+" "+w)
			}
		default:
			out = append(out, s)
		}
	}
	return out
}

func standardName(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.Replace(s, "-", " ", 1)), " "))
}
