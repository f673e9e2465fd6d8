package secret

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// shown is how much of a long token a message may show, and long is how long
// that is. Both are of provider-made tokens, whose first characters name the
// kind and are no secret; of passwords nothing is shown.
const (
	shown = 4
	long  = 20
)

// mask is what may be printed of a secret.
func mask(l leak) string {
	v := string(l.value)
	if rank(l.rule) != specific || len(v) < long || strings.HasPrefix(v, "-----") {
		return "****"
	}
	for i := range shown {
		if v[i] <= ' ' || v[i] >= 0x7f {
			return "****"
		}
	}
	return v[:shown] + "****"
}

// inSource makes the finding about a leak in a file. all are the file's leaks,
// for masking; nth tells leaks of one rule and key path apart.
func inSource(path, text string, l leak, all []leak, nth int) result.Finding {
	key := keyPath(text, l.start)
	where := path
	if key != "" {
		where = fmt.Sprintf("%s in %s", key, path)
	}
	span := spanOf(path, text, l.start, l.end)
	id := ruleID(l.rule)
	f := result.Finding{
		Rule: id, Severity: severityOf(l.rule),
		Message: fmt.Sprintf("%s (%s) is written in plain at %s, so everyone who can read the repository has it", titleOf(l.rule), mask(l), where),
		Fix:     fixFor(path),
		Field:   key,
		Loc:     result.Location{Primary: span, Exact: true},
		Leak:    &result.Leak{Generic: rank(l.rule) != specific},
		Excerpt: excerpt(text, span, all),
		// The ordinal only matters where one key holds several.
		Fingerprint: result.Fingerprint(id, result.Key{}, path+"#"+key, fmt.Sprint(nth)),
	}
	if l.encoded {
		f.Message = fmt.Sprintf("%s (%s) is written encoded, which is not encrypted, at %s, so everyone who can read the repository has it", titleOf(l.rule), mask(l), where)
	}
	if l.rule == privateKey {
		var more string
		f.Severity, more = ofKey(text, l)
		f.Message += more
	}
	return f
}

// spanOf is the span of text[start:end].
func spanOf(path, text string, start, end int) source.Span {
	return source.Span{Path: path, Start: posOf(text, start), End: posOf(text, max(end, start+1))}
}

func posOf(text string, off int) source.Pos {
	off = min(off, len(text))
	bol := strings.LastIndexByte(text[:off], '\n') + 1
	return source.Pos{Line: strings.Count(text[:off], "\n") + 1, Col: utf8.RuneCountInString(text[bol:off]) + 1}
}

// excerpt is the leak's first line with every leak of the text blotted out,
// encoded ones included. Its neighbours are left out: a Secret's other entries
// may be secrets that no rule knows.
func excerpt(text string, at source.Span, all []leak) *result.Excerpt {
	from := lineOffset(text, at.Start.Line)
	to := len(text)
	if i := strings.IndexByte(text[from:], '\n'); i >= 0 {
		to = from + i
	}
	return &result.Excerpt{First: at.Start.Line, Lines: []string{clip(blot(text, from, to, all), 200)}}
}

// blot is text[from:to] with what leaks cover replaced by stars.
func blot(text string, from, to int, all []leak) string {
	var b strings.Builder
	at := from
	for _, l := range all { // sorted by start
		s, e := max(l.start, at), min(l.end, to)
		if s >= e {
			continue
		}
		b.WriteString(text[at:s])
		b.WriteString("****")
		at = e
	}
	b.WriteString(text[min(at, to):to])
	out := strings.TrimRight(b.String(), "\r")
	for _, l := range all { // the same value written again nearby
		if len(l.value) >= 4 {
			out = strings.ReplaceAll(out, string(l.value), "****")
		}
	}
	return out
}

func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}
