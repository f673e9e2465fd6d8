// Package excerpt gives findings the source lines around them, to be shown in
// reports. A report must be safe to print, and a line of configuration may
// hold a secret next to the fault: what an analyzer masked stays masked in
// every excerpt, and what looks like a secret by its key or by its shape is
// masked too. Masking too much costs a little orientation; too little, a key.
package excerpt

import (
	"bytes"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kustoms-dev/kustoms/pkg/internal/parallel"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

const (
	around   = 1   // lines of context on each side
	most     = 6   // lines of the fault itself
	maxRunes = 400 // of a line; the rest is "…"
)

// sensitive are the families whose findings stand on secret values.
var sensitive = []string{"secret", "secretref"}

// Fill sets the excerpt of each finding that has none and whose primary file
// can be read.
func Fill(repo *source.Repo, r *result.Report) {
	x := &filler{repo: repo, masked: map[position]string{}, hidden: map[position]bool{}, secret: map[string]bool{}}
	for _, m := range r.Rules {
		x.secret[m.ID] = slices.Contains(sensitive, m.Family)
	}
	byFile := map[string][]*result.Finding{}
	for i := range r.Findings {
		f := &r.Findings[i]
		p := f.Loc.Primary
		if f.Excerpt == nil {
			if p.Path != "" && p.Start.Line > 0 {
				byFile[p.Path] = append(byFile[p.Path], f)
			}
			continue
		}
		if f.Leak != nil && f.Leak.Commit != "" {
			continue // lines of another revision
		}
		if len(f.Excerpt.Lines) == 0 { // its analyzer wants no line shown
			for n := p.Start.Line; n <= min(p.EndLine(), p.Start.Line+most); n++ {
				x.hidden[position{p.Path, n}] = true
			}
		}
		for j, l := range f.Excerpt.Lines {
			x.masked[position{p.Path, f.Excerpt.First + j}] = l
		}
	}
	paths := slices.Collect(maps.Keys(byFile))
	// Each file is read once, and dropped.
	_ = parallel.Each(context.Background(), len(paths), func(i int) { x.file(paths[i], byFile[paths[i]]) })
}

type position struct {
	path string
	line int
}

type filler struct {
	repo   *source.Repo
	masked map[position]string // by an analyzer
	hidden map[position]bool
	secret map[string]bool // rule ids
}

func (x *filler) file(path string, fs []*result.Finding) {
	data, err := x.repo.ReadFile(path)
	if err != nil || bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) {
		return // gone, or not a text: the finding stands without its excerpt
	}
	lines := strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n")
	inPEM := pemLines(lines)
	for _, f := range fs {
		at := f.Loc.Primary
		if at.Start.Line > len(lines) {
			continue
		}
		first := max(at.Start.Line-around, 1)
		last := min(at.EndLine(), at.Start.Line+most-1)
		if last == at.EndLine() {
			last += around
		}
		last = min(last, len(lines))
		if last == len(lines) && lines[last-1] == "" && last > at.Start.Line {
			last-- // what follows the file's last line end is no line
		}
		ex := &result.Excerpt{First: first}
		for n := first; n <= last; n++ {
			l, ok := x.masked[position{path, n}]
			if !ok {
				l = strings.TrimRight(lines[n-1], "\r")
				if inPEM[n] || x.hidden[position{path, n}] {
					l = stars(l)
				} else {
					l = mask(l, neighbours(lines, n))
				}
				if n == at.Start.Line && x.secret[f.Rule] {
					l = maskSpan(l, at)
				}
			}
			ex.Lines = append(ex.Lines, shorten(l))
		}
		f.Excerpt = ex
	}
}

// neighbours are the lines before and after line n.
func neighbours(lines []string, n int) string {
	s := ""
	if n >= 2 {
		s = lines[n-2]
	}
	if n < len(lines) {
		s += "\n" + lines[n]
	}
	return s
}

var (
	// A key, or the name of an environment variable, that promises a secret.
	telling  = `(?i)[\w.-]*(?:passw|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth|dsn|connection[_-]?string|\.dockerconfig)[\w.-]*`
	keyValue = regexp.MustCompile(`^(\s*(?:- )?["']?` + telling + `["']?\s*[:=]\s*)(\S.*)$`)
	envName  = regexp.MustCompile(`(?m)^\s*(?:- )?name:\s*["']?` + telling)
	envValue = regexp.MustCompile(`^(\s*(?:- )?value:\s*)(\S.*)$`)
	userInfo = regexp.MustCompile(`(://[^\s:/@]*:)([^\s@]+)(@)`)
	long     = regexp.MustCompile(`[A-Za-z0-9+/_=-]{20,}`)
	pemBegin = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`)
	// What may follow a telling key without being its secret: a reference, a
	// flag, a template action or a mapping's start.
	harmless = regexp.MustCompile(`^(?:true|false|null|~|\d{1,5}|\{\{.*\}\}|\{\}|\[\]|[|>][+-]?\d?|["']{2})?\s*(?:#.*)?$`)
)

// mask hides what looks like a secret in a line.
func mask(l, near string) string {
	for _, kv := range []*regexp.Regexp{keyValue, envValue} {
		m := kv.FindStringSubmatch(l)
		if m == nil || harmless.MatchString(m[2]) || kv == envValue && !envName.MatchString(near) {
			continue
		}
		return m[1] + stars(m[2])
	}
	l = userInfo.ReplaceAllString(l, "${1}********${3}")
	return long.ReplaceAllStringFunc(l, func(s string) string {
		if random(s) {
			return stars(s)
		}
		return s
	})
}

// random reports whether s mixes cases and digits as keys do. Names, paths
// and hexadecimal digests do not.
func random(s string) bool {
	var lower, upper, digit bool
	for _, c := range s {
		lower = lower || 'a' <= c && c <= 'z'
		upper = upper || 'A' <= c && c <= 'Z'
		digit = digit || '0' <= c && c <= '9'
	}
	return digit && upper && (lower || !strings.ContainsAny(s, "_-/"))
}

// maskSpan hides the marked columns of a line, or all that follows its key.
func maskSpan(l string, at source.Span) string {
	rs := []rune(l)
	from, to := at.Start.Col-1, len(rs)
	if at.EndLine() == at.Start.Line && at.End.Col > at.Start.Col {
		to = min(at.End.Col-1, len(rs))
	}
	if from < 0 {
		from = len([]rune(l[:len(l)-len(strings.TrimLeft(l, " \t-"))]))
		if i := strings.IndexAny(l, ":="); i >= 0 {
			from = len([]rune(l[:i+1]))
		}
	}
	if from >= to {
		return l
	}
	return string(rs[:from]) + strings.Repeat("*", to-from) + string(rs[to:])
}

// pemLines tells which lines belong to a private key.
func pemLines(lines []string) map[int]bool {
	out := map[int]bool{}
	in := false
	for i, l := range lines {
		begins := pemBegin.MatchString(l)
		if in || begins {
			out[i+1] = true
		}
		in = (in || begins) && !strings.Contains(l, "-----END")
	}
	return out
}

// stars hides all but the indentation, column for column.
func stars(s string) string {
	body := strings.TrimLeft(s, " \t")
	return s[:len(s)-len(body)] + strings.Repeat("*", utf8.RuneCountInString(body))
}

func shorten(l string) string {
	rs := []rune(l)
	if len(rs) <= maxRunes {
		return l
	}
	return string(rs[:maxRunes-1]) + "…"
}
