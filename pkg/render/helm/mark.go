package helm

import (
	"crypto/sha256"
	"regexp"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// A mark is two private-use characters that stand behind a piece of text and
// say where it was written: the number of a file and of a site in it. Marks
// are put into a template's text, so they come out wherever that text does,
// through include, tpl and every function that mark-aware wrappers know.
// Stripped of them, the traced render must equal the plain one.
const (
	markFile = 0xF0000  // + number of the file; 0 to valuesFiles-1 are values
	markSite = 0x100000 // + number of the site
	markMax  = 0xFFFD   // the planes' last two code points are no characters
	markLen  = 8        // bytes of a mark

	valuesFiles = 16 // so many times markMax values can be traced in a run
)

func mark(file, site int) string {
	return string([]rune{rune(markFile + file), rune(markSite + site)})
}

// hasMark reports whether s holds a character of a mark, ours or not: bytes
// F3 B0..BF or F4 80..8F begin one.
func hasMark(s string) bool { return nextMark(s) >= 0 }

func nextMark(s string) int {
	for i := 0; ; {
		j := strings.IndexByte(s[i:], 0xF3)
		if j < 0 {
			return -1
		}
		i += j
		if i+1 < len(s) && s[i+1] >= 0xB0 {
			return i
		}
		i++
	}
}

// strip removes all marks.
func strip(s string) string {
	i := nextMark(s)
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i >= 0 {
		b.WriteString(s[:i])
		s = s[min(i+markLen, len(s)):]
		i = nextMark(s)
	}
	b.WriteString(s)
	return b.String()
}

// marksOf returns the marks of s without its text.
func marksOf(s string) string {
	i := nextMark(s)
	if i < 0 {
		return ""
	}
	var b strings.Builder
	for i >= 0 {
		end := min(i+markLen, len(s))
		b.WriteString(s[i:end])
		s = s[end:]
		i = nextMark(s)
	}
	return b.String()
}

// readMark decodes the mark at the start of s.
func readMark(s string) (file, site int) {
	a, n := utf8.DecodeRuneInString(s)
	b, _ := utf8.DecodeRuneInString(s[n:])
	return int(a) - markFile, int(b) - markSite
}

// site is what a mark stands for: a piece of a template's text, or an action.
type site struct {
	line   int
	define string // the definition it stands in, "" for the file's own text
	action bool
	// includes: the action includes or executes templates.
	includes bool
	// encodes: the action prints a structure, or the text of other templates.
	encodes bool
}

// marked is a template file prepared for tracing.
type marked struct {
	number int
	text   string
	sites  []site
	lines  []int // lines that could print, sorted
}

// marker numbers template files and keeps their marked texts: a file that many
// charts share is marked once. Safe for concurrent use.
type marker struct {
	files *recent[[32]byte, *marked]
	next  atomic.Uint32
}

func newMarker() *marker { return &marker{files: newRecent[[32]byte, *marked](maxKeptMarked)} }

// file marks a template's text; nil if it cannot be marked because it uses the
// marks' characters itself or is too large.
func (m *marker) file(text string) *marked {
	if hasMark(text) || strings.Contains(text, "\xf4") {
		return nil
	}
	key := sha256.Sum256([]byte(text))
	f, ok := m.files.find(key)
	if !ok {
		// Numbers come again when all are used up; who reads the marks sees to
		// it that no two files of one render have the same.
		f = markText(text, valuesFiles+int(m.next.Add(1)-1)%(markMax-valuesFiles))
		f = m.files.get(key, func() (*marked, int) { return f, len(text) })
	}
	return f
}

// segment is a piece of a template: text, or an action with its delimiters.
type segment struct {
	start, end   int
	line         int // of start
	action       bool
	trimL, trimR bool
	body         string // of an action, without delimiters and trim marks
}

// lex cuts a template at its delimiters, as text/template/parse does: strings
// and comments inside actions may hold delimiters.
func lex(text string) []segment {
	var out []segment
	line := 1
	for pos := 0; pos < len(text); {
		i := strings.Index(text[pos:], "{{")
		if i < 0 {
			return append(out, segment{start: pos, end: len(text), line: line})
		}
		if i > 0 {
			out = append(out, segment{start: pos, end: pos + i, line: line})
			line += strings.Count(text[pos:pos+i], "\n")
			pos += i
		}
		end := actionEnd(text, pos+2)
		if end < 0 {
			return append(out, segment{start: pos, end: len(text), line: line, action: true})
		}
		s := segment{start: pos, end: end, line: line, action: true}
		body := text[pos+2 : end-2]
		if len(body) >= 2 && body[0] == '-' && isSpace(body[1]) {
			s.trimL, body = true, body[1:]
		}
		if n := len(body); n >= 2 && body[n-1] == '-' && isSpace(body[n-2]) {
			s.trimR, body = true, body[:n-1]
		}
		s.body = strings.TrimSpace(body)
		out = append(out, s)
		line += strings.Count(text[pos:end], "\n")
		pos = end
	}
	return out
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// actionEnd is the offset just past the "}}" of the action whose inside starts
// at pos, -1 if there is none.
func actionEnd(text string, pos int) int {
	inside := strings.TrimLeft(text[pos:], "- \t\r\n")
	if strings.HasPrefix(inside, "/*") {
		from := len(text) - len(inside)
		i := strings.Index(text[from:], "*/")
		if i < 0 {
			return -1
		}
		j := strings.Index(text[from+i:], "}}")
		if j < 0 {
			return -1
		}
		return from + i + j + 2
	}
	for pos < len(text) {
		switch c := text[pos]; {
		case strings.HasPrefix(text[pos:], "}}"):
			return pos + 2
		case c == '"' || c == '\'':
			for pos++; pos < len(text) && text[pos] != c; pos++ {
				if text[pos] == '\\' {
					pos++
				}
			}
		case c == '`':
			i := strings.IndexByte(text[pos+1:], '`')
			if i < 0 {
				return -1
			}
			pos += i + 1
		}
		pos++
	}
	return -1
}

// markText puts a mark behind each piece of text that stands on a line of its
// own making and behind each action that prints.
func markText(text string, number int) *marked {
	m := &marked{number: number}
	segs := lex(text)
	var b strings.Builder
	b.Grow(len(text) * 2)
	var blocks []string // open blocks; a define by name, others ""
	var ranges []ranged // what the open blocks range over, as many as blocks
	define := func() string {
		for i := len(blocks) - 1; i >= 0; i-- {
			if blocks[i] != "" {
				return blocks[i]
			}
		}
		return ""
	}
	put := func(s site) {
		if len(m.sites) < markMax {
			m.sites = append(m.sites, s)
			b.WriteString(mark(number, len(m.sites)-1))
			m.lines = append(m.lines, s.line)
		}
	}
	pending := "" // what to write before the next text's effective start
	var pendingSite *site
	flush := func() {
		if pendingSite != nil {
			put(*pendingSite)
			b.WriteString(pending)
			pendingSite, pending = nil, ""
		}
	}
	for i, s := range segs {
		if s.action {
			flush()
			word := keyword(s.body)
			var over ranged
			if word == "range" {
				over = rangeOver(s.body, len(m.sites))
				if over.capture != "" {
					if s.trimL {
						b.WriteString("{{- ")
					} else {
						b.WriteString("{{ ")
					}
					b.WriteString(over.capture + "}}")
				}
			}
			switch word {
			case "define", "block":
				blocks, ranges = append(blocks, quotedName(s.body)), append(ranges, over)
			case "if", "range", "with":
				blocks, ranges = append(blocks, ""), append(ranges, over)
			case "end":
				if len(blocks) > 0 {
					blocks, ranges = blocks[:len(blocks)-1], ranges[:len(blocks)-1]
				}
			}
			b.WriteString(text[s.start:s.end])
			if prints(word, s.body) {
				pendingSite = &site{line: s.line, define: define(), action: true, includes: includes(word, s.body), encodes: encodes.MatchString(s.body) || bare.MatchString(s.body)}
				pending = probes(s.body, ranges)
			}
			continue
		}
		from, to := s.start, s.end
		if i > 0 && segs[i-1].trimR {
			for from < to && isSpace(text[from]) {
				from++
			}
		}
		if i+1 < len(segs) && segs[i+1].trimL {
			for to > from && isSpace(text[to-1]) {
				to--
			}
		}
		b.WriteString(text[s.start:from])
		flush()
		line := s.line + strings.Count(text[s.start:from], "\n")
		for from < to {
			end := to
			if j := strings.IndexByte(text[from:to], '\n'); j >= 0 {
				end = from + j + 1
			}
			part := text[from:end]
			if body := strings.TrimRight(part, " \t\r\n"); body != "" {
				b.WriteString(body)
				put(site{line: line, define: define()})
				b.WriteString(part[len(body):])
			} else {
				b.WriteString(part)
			}
			if strings.HasSuffix(part, "\n") {
				line++
			}
			from = end
		}
		b.WriteString(text[to:s.end])
	}
	flush()
	m.text = b.String()
	return m
}

func keyword(body string) string {
	i := 0
	for i < len(body) && body[i] >= 'a' && body[i] <= 'z' {
		i++
	}
	if strings.HasPrefix(body, "/*") {
		return "/*"
	}
	return body[:i]
}

// prints reports whether an action writes output.
func prints(word, body string) bool {
	switch word {
	case "if", "else", "end", "range", "with", "define", "block", "break", "continue", "/*":
		return false
	}
	if strings.HasPrefix(body, "$") {
		rest := strings.TrimLeft(body[1:], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
		rest = strings.TrimLeft(rest, " \t\r\n")
		if strings.HasPrefix(rest, ":=") || (strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "==")) {
			return false
		}
	}
	return true
}

func includes(word, body string) bool {
	return word == "template" || word == "include" || strings.Contains(body, "include ") || strings.Contains(body, "tpl ")
}

var encodes = regexp.MustCompile(`\b(?:to(?:Pretty|Raw)?(?:Yaml|YamlPretty|Json|Toml)|from(?:Yaml|Json|Toml)|include|tpl|get|dig|index|pluck)\b`)

// bare is an action that prints the dot or a variable: what was put there
// elsewhere.
var bare = regexp.MustCompile(`^(?:\.|\$\w+)\s*(?:\||$)`)

func quotedName(body string) string {
	i := strings.IndexAny(body, "\"`")
	if i < 0 {
		return "?"
	}
	j := strings.IndexByte(body[i+1:], body[i])
	if j < 0 {
		return "?"
	}
	return body[i+1 : i+1+j]
}
