package ruletest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Case is one universe of a fixture.
type Case struct {
	Name    string
	Line    int    // of Text in the file
	Text    []byte // YAML documents
	Params  string // YAML
	Intents string // YAML, as in .kustoms.yaml
	Target  string // YAML, into result.Target
	Archive []byte // instead of Text
}

var directive = regexp.MustCompile(`^# (case|params|target|intents): ?(.*)$`)

// Cases cuts a .yaml fixture at its "# case:" lines.
func Cases(data []byte) []Case {
	cases := []Case{{Name: "only", Line: 1}}
	for i, line := range strings.SplitAfter(string(data), "\n") {
		cur := &cases[len(cases)-1]
		if m := directive.FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
			switch m[1] {
			case "case":
				cases = append(cases, Case{Name: m[2], Line: i + 1})
				cur = &cases[len(cases)-1]
			case "params":
				cur.Params = m[2]
			case "intents":
				cur.Intents = m[2]
			case "target":
				cur.Target = m[2]
			}
		}
		cur.Text = append(cur.Text, line...)
	}
	if len(cases) > 1 && len(manifest.Split(cases[0].Text)) == 0 {
		cases = cases[1:]
	}
	return cases
}

var wantComment = regexp.MustCompile(`#.*?\bwant([+-]\d+)? ((?:"(?:[^"\\]|\\.)*"|` + "`[^`]*`" + `)(?: (?:"(?:[^"\\]|\\.)*"|` + "`[^`]*`" + `))*)`)
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|` + "`[^`]*`")

func collectWants(name string, data []byte, into map[string][]string) {
	for i, line := range strings.Split(string(data), "\n") {
		m := wantComment.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n := i + 1
		if m[1] != "" {
			d, _ := strconv.Atoi(m[1])
			n += d
		}
		at := fmt.Sprintf("%s:%d", name, n)
		into[at] = append(into[at], unquote(m[2])...)
	}
}

// unquote reads the quoted strings of a want comment. What the pattern lets
// through and Go does not read stays as it is, and will match no message.
func unquote(list string) []string {
	var out []string
	for _, q := range quoted.FindAllString(list, -1) {
		s, err := strconv.Unquote(q)
		if err != nil {
			s = q
		}
		out = append(out, s)
	}
	return out
}
