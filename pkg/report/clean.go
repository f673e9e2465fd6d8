package report

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Every string of a report may come from the scanned repository and is
// hostile. The functions here are the only ones that make such a string fit
// to stand in an output; each writer picks the one of its medium.

// line makes s one line of printable characters. What a terminal, a log or a
// viewer would act on instead of showing (escape sequences, bidirectional
// overrides, zero-width characters, line breaks) is written out or becomes a
// space. The result is valid in XML 1.0.
func line(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		b.WriteString(visible(r))
	}
	return b.String()
}

// plain reports whether s is printable ASCII, as most strings are.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// visible is how the rune r is shown. What is not UTF-8 has become U+FFFD, as
// it does in JSON.
func visible(r rune) string {
	switch {
	case r == utf8.RuneError:
		return string(r)
	case r == '\t' || r == '\n' || r == '\r' || unicode.Is(unicode.Z, r):
		return " "
	case unicode.IsPrint(r):
		return string(r)
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// lines is line for texts of several lines.
func lines(s string) string {
	parts := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, p := range parts {
		parts[i] = line(p)
	}
	return strings.Join(parts, "\n")
}

// collapse is line with runs of white space made one space: prose from a
// rule's raw string.
func collapse(s string) string { return strings.Join(strings.Fields(line(s)), " ") }

// logCommand finds what CI runners obey when a log line holds it: GitHub's
// "::error::" and "##[group]", Azure's "##vso[", TeamCity's "##teamcity[".
// GitLab's section markers need control characters, which line has taken.
var logCommand = regexp.MustCompile(`(?:^|\s)::|##[A-Za-z]*\[`)

// logLine is line for text that a CI runner may read as a log.
func logLine(s string) string {
	return logCommand.ReplaceAllStringFunc(line(s), func(m string) string {
		if strings.HasPrefix(m, "##") {
			return "# " + m[1:]
		}
		return strings.TrimSuffix(m, "::") + ": :"
	})
}

// Printable is s as one line that a terminal and a CI log show and do not obey,
// for what commands print beside reports.
func Printable(s string) string { return logLine(s) }

// clip cuts s to at most n code points, the last of them "…".
func clip(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	i := 0
	for at := range s {
		if i == n-1 {
			return s[:at] + "…"
		}
		i++
	}
	return s
}

// joiner is U+2060, which shows nothing and keeps platforms from making a
// mention, a reference or a link of the text around it.
const joiner = "\u2060"

var mdLink = regexp.MustCompile(`(?i)(www)\.|(gh)-([0-9])|(https?|ftp|mailto):`)

// md makes s one line of Markdown text in which nothing is markup: no HTML, no
// table cell, no mention, no reference, no emoji, no automatic link. What makes a
// list, a heading or a quick action at the start of a line only is escaped there
// only, so that the text stays readable where Markdown is not rendered.
func md(s string) string {
	s = mdLink.ReplaceAllStringFunc(line(s), func(m string) string {
		i := strings.IndexAny(m, ".-:")
		return m[:i] + joiner + m[i:]
	})
	var b strings.Builder
	start, digits := true, true // only spaces, only digits so far
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("@#!$%~^*", r):
			b.WriteByte('\\')
			b.WriteRune(r)
			b.WriteString(joiner)
		case strings.ContainsRune("\\`_[]{}|:", r), start && strings.ContainsRune("-+=/", r), digits && strings.ContainsRune(".)", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		start = start && r == ' '
		digits = digits && (r == ' ' || '0' <= r && r <= '9')
	}
	return b.String()
}

// mdCode is md in fixed width; it may stand in a table.
func mdCode(s string) string { return "<code>" + md(s) + "</code>" }

// mdProse is md for a rule's own text, whose `code` spans are kept.
func mdProse(s string) string {
	parts := strings.Split(collapse(s), "`")
	if len(parts)%2 == 0 { // unbalanced
		return md(collapse(s))
	}
	for i, p := range parts {
		if i%2 == 1 && p != "" {
			parts[i] = mdCode(p)
		} else {
			parts[i] = md(p)
		}
	}
	return strings.Join(parts, "")
}

// plural is "1 finding", "2 findings".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// thousands writes n with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
