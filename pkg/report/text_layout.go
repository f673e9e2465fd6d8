package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// The styles are ANSI SGR codes; the sixteen colours that every terminal has
// and that people's own themes keep readable.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
	alarm  = "1;97;41" // bold white on red
)

func severityStyle(s result.Severity) string {
	switch s {
	case result.Critical:
		return alarm
	case result.High:
		return "1;" + red
	case result.Medium:
		return yellow
	case result.Low:
		return blue
	}
	return dim
}

func (p *printer) style(code, s string) string {
	if !p.color || code == "" || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *printer) print(s string) { _, _ = p.WriteString(s) }

func (p *printer) println(s string) { p.print(s + "\n"); p.spaced = s == "" }

// blank prints one blank line, however often it is called.
func (p *printer) blank() {
	if !p.spaced {
		p.println("")
	}
}

// wrap prints s in lines of the width, each after the indent.
func (p *printer) wrap(indent, s, style string) {
	p.print(indent)
	p.wrapWords(indent, cells(indent), s, style)
}

// wrapRest is wrap where the left column has been printed.
func (p *printer) wrapRest(s, style string) { p.wrapWords(textIndent, len(textIndent), s, style) }

// wrapWords breaks between words only: a path stays whole, to be clicked on
// and copied, even where it is longer than the line. The first used cells are
// taken.
func (p *printer) wrapWords(indent string, used int, s, style string) {
	var cur strings.Builder
	room := p.width - used
	flush := func() {
		p.println(p.style(style, cur.String()))
		cur.Reset()
		room = p.width - cells(indent)
	}
	for w := range strings.FieldsSeq(s) {
		n := cells(w)
		if cur.Len() > 0 && n+1 > room {
			flush()
			p.print(indent)
		}
		if cur.Len() > 0 {
			cur.WriteByte(' ')
			room--
		}
		cur.WriteString(w)
		room -= n
	}
	flush()
}

// excerpt prints the source lines, the offending columns underlined.
func (p *printer) excerpt(f *result.Finding) {
	x := f.Excerpt
	if x == nil || len(x.Lines) == 0 {
		return
	}
	at := place(p.report, f)
	room := p.width - len(textIndent) - 8
	for i, src := range x.Lines {
		n := x.First + i
		hit := n >= at.Start.Line && n <= at.EndLine()
		from, to := markedColumns(at, n, utf8.RuneCountInString(src))
		shown, left, mark := excerptLine(src, from, to, room)
		num := fmt.Sprintf("%5d", n)
		if !hit {
			num = p.style(dim, num)
			shown = p.style(dim, shown)
		}
		p.println(strings.TrimRight(textIndent+num+p.style(dim, " │ ")+shown, " "))
		if mark > 0 {
			p.println(textIndent + strings.Repeat(" ", 5) + p.style(dim, " │ ") + strings.Repeat(" ", left) +
				p.style(severityStyle(f.Severity), strings.Repeat("^", mark)))
		}
	}
}

// markedColumns says which of the size code points of line n a span marks:
// from (inclusive) and to (exclusive), both 0 if it marks none.
func markedColumns(at source.Span, n, size int) (from, to int) {
	if n != at.Start.Line || at.Start.Col <= 0 || at.Start.Col > size {
		return 0, 0
	}
	from, to = at.Start.Col-1, size
	if at.EndLine() == n && at.End.Col > at.Start.Col {
		to = min(at.End.Col-1, size)
	}
	return from, to
}

// excerptLine makes a source line printable within room cells and says which
// of its cells show the code points from (inclusive) to (exclusive). A longer
// line is shown from before the marked part on.
func excerptLine(src string, from, to, room int) (shown string, left, mark int) {
	rs := []rune(strings.TrimRight(src, "\r\n"))
	to = min(to, len(rs))
	skip := 0
	if from > room*2/3 {
		skip = from - room/3
	}
	var b strings.Builder
	used := 0
	put := func(s string) bool {
		n := cells(s)
		if used+n > room-1 {
			b.WriteString("…")
			used++
			return false
		}
		b.WriteString(s)
		used += n
		return true
	}
	if skip > 0 {
		put("…")
	}
	for i, r := range rs {
		if i < skip {
			continue
		}
		start := used
		if !put(visible(r)) {
			break
		}
		switch {
		case i < from:
			left = used
		case i < to:
			if mark == 0 {
				left = start
			}
			mark = used - left
		}
	}
	return logCommand.ReplaceAllStringFunc(b.String(), func(m string) string {
		if strings.HasPrefix(m, "##") {
			return "#\u00b7" + m[2:] // as many cells as before
		}
		return m // never first in its line here
	}), left, mark
}

// cells is how many columns of a terminal s takes.
func cells(s string) int {
	if plain(s) {
		return len(s)
	}
	n := 0
	for _, r := range s {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) {
			continue
		}
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}
