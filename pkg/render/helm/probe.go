package helm

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// markFunc is the template function that a probe calls. Its name can be
// spelled by no chart by accident.
const markFunc = "kustomsMark__"

// chain is a field chain in an action: ".a.b", "$x.a.b".
var chain = regexp.MustCompile(`(^|[\s(|,])((?:\$[A-Za-z0-9_]*)?(?:\.[A-Za-z_][A-Za-z0-9_]*)+)`)

// ranged is a range over a field chain with both variables: its value
// variable stands for the entry of the captured map or list at its key.
type ranged struct {
	key, value string // variables
	holder     string // the variable that captures what is ranged over
	capture    string // the assignment to put before the range
}

var rangeChain = regexp.MustCompile(`^range\s+(\$\w+)\s*,\s*(\$\w+)\s*:=\s*((?:\$\w*)?(?:\.[A-Za-z_]\w*)+)$`)

// rangeOver reads a range action; n makes the variable's name unique.
func rangeOver(body string, n int) ranged {
	m := rangeChain.FindStringSubmatch(body)
	if m == nil || m[1] == m[2] {
		return ranged{}
	}
	holder := "$" + markFunc + strconv.Itoa(n)
	return ranged{key: m[1], value: m[2], holder: holder, capture: holder + " := " + m[3]}
}

// variable is a use of a variable as a whole.
var variable = regexp.MustCompile(`\$\w+[^.\w]|\$\w+$`)

// probes returns the actions to put behind an action that prints: each asks
// which value a field chain of it names, by the identity of the map that holds
// it, and prints that value's mark if it is a number or a boolean. Strings
// carry their marks themselves. Chains behind "and" and "or" are left alone:
// they may not have been evaluated, and then must not be.
func probes(body string, ranges []ranged) string {
	if strings.Contains(body, "`") || regexpLazy.MatchString(body) {
		return ""
	}
	var b strings.Builder
	seen := map[string]bool{}
	for _, m := range chain.FindAllStringSubmatch(unquoted(body), 4) {
		c := m[2]
		i := strings.LastIndexByte(c, '.')
		holder, field := c[:i], c[i+1:]
		if holder == "" {
			holder = "."
		}
		if seen[c] || strings.HasPrefix(c, ".Release.") || strings.HasPrefix(c, ".Chart.") || strings.HasPrefix(c, ".Capabilities.") || strings.HasPrefix(c, ".Files.") || strings.HasPrefix(c, ".Template.") || strings.HasPrefix(c, "$.Release.") || strings.HasPrefix(c, "$.Chart.") {
			continue
		}
		seen[c] = true
		b.WriteString(`{{` + markFunc + ` "` + field + `" ` + holder + `}}`)
	}
	for _, use := range variable.FindAllString(unquoted(body), 4) {
		name := strings.TrimRightFunc(use, func(r rune) bool { return r != '_' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for i := len(ranges) - 1; i >= 0; i-- { // the innermost wins
			if r := ranges[i]; r.value == name {
				b.WriteString("{{" + markFunc + " " + r.key + " " + r.holder + "}}")
				break
			}
		}
	}
	return b.String()
}

var regexpLazy = regexp.MustCompile(`(^|[\s(|])(and|or)\s`)

// unquoted blanks out the strings of an action.
func unquoted(body string) string {
	b := []byte(body)
	for i := 0; i < len(b); i++ {
		if b[i] != '"' {
			continue
		}
		for i++; i < len(b) && b[i] != '"'; i++ {
			if b[i] == '\\' && i+1 < len(b) {
				b[i] = '_'
				i++
			}
			b[i] = '_'
		}
	}
	return string(b)
}
