// Package edit turns "this field should have that value" into a change of the
// text that made the field: a line of a manifest, of a template, of a values
// file or of a patch. It works on lines, so that comments and formatting stay,
// and only where the text at the place is literal. What a change does to what
// is rendered, it does not know: a change is a proposal, which package fix
// tries.
package edit

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Change is one change of one line of a file, or new lines below it.
type Change struct {
	Path string // repository-relative
	Line int    // 1-based
	// From and To are the bytes of the line that go, none if they are equal.
	From, To int
	// Text is what comes in their place or, with Fields, the value of the last
	// of these: a YAML scalar, or a list in flow style.
	Text string
	// Fields, outermost first, are added below the line, Indent columns in.
	Fields string // joined by NUL, so that changes compare
	Indent int
}

func (c Change) fields() []string { return strings.Split(c.Fields, "\x00") }

// Edits are the change as edits of the file's lines, on their own: two changes
// that add to one parent are two, each of which adds the parent.
func (c Change) Edits(lines []string) []result.Edit {
	line := lines[c.Line-1]
	at := func(from, to int) source.Span {
		col := func(i int) int { return utf8.RuneCountInString(line[:i]) + 1 }
		return source.Span{Path: c.Path, Start: source.Pos{Line: c.Line, Col: col(from)}, End: source.Pos{Line: c.Line, Col: col(to)}}
	}
	if c.Fields == "" {
		return []result.Edit{{Span: at(c.From, c.To), Text: c.Text}}
	}
	var out []result.Edit
	if c.From < c.To {
		out = append(out, result.Edit{Span: at(c.From, c.To)})
	}
	text := "\n" + strings.Join(grow(nil, c).lines(c.Indent), "\n")
	return append(out, result.Edit{Span: at(len(line), len(line)), Text: text})
}

// Apply makes the changes of one file, in the line ends that it has. Changes
// that add to one parent share it.
func Apply(text []byte, changes []Change) []byte {
	eol := "\n"
	if strings.Contains(string(text), "\r\n") {
		eol = "\r\n"
	}
	lines := strings.Split(string(text), eol)
	byLine := map[int][]Change{}
	for _, c := range changes {
		if !slices.Contains(byLine[c.Line], c) {
			byLine[c.Line] = append(byLine[c.Line], c)
		}
	}
	var out []string
	for i, line := range lines {
		cs := byLine[i+1]
		// The last bytes first, so that the others keep their place.
		slices.SortStableFunc(cs, func(a, b Change) int {
			return cmp.Or(b.From-a.From, strings.Compare(a.Fields, b.Fields))
		})
		var trees []*tree
		end := len(line) + 1
		for _, c := range cs {
			if c.From < c.To && c.To <= end {
				text := c.Text
				if c.Fields != "" {
					text = ""
				}
				line, end = line[:c.From]+text+line[c.To:], c.From
			}
			if c.Fields != "" {
				k := slices.IndexFunc(trees, func(t *tree) bool { return t.indent == c.Indent })
				if k < 0 {
					trees = append(trees, &tree{indent: c.Indent})
					k = len(trees) - 1
				}
				grow(trees[k], c)
			}
		}
		out = append(out, line)
		slices.SortFunc(trees, func(a, b *tree) int { return b.indent - a.indent })
		for _, t := range trees {
			out = append(out, t.lines(t.indent)...)
		}
	}
	return []byte(strings.Join(out, eol))
}

// tree is fields to be added: a value, or fields below it.
type tree struct {
	key, value string
	indent     int
	below      []*tree
}

// grow adds a change's fields. Of two values for one field the first stays.
func grow(t *tree, c Change) *tree {
	if t == nil {
		t = &tree{indent: c.Indent}
	}
	at := t
	for _, f := range c.fields() {
		i := slices.IndexFunc(at.below, func(b *tree) bool { return b.key == f })
		if i < 0 {
			at.below = append(at.below, &tree{key: f})
			i = len(at.below) - 1
		}
		at = at.below[i]
	}
	if at.value == "" && len(at.below) == 0 {
		at.value = c.Text
	}
	return t
}

func (t *tree) lines(indent int) []string {
	var out []string
	for _, b := range t.below {
		line := strings.Repeat(" ", indent) + quoteKey(b.key) + ":"
		if len(b.below) == 0 {
			line += " " + b.value
		}
		out = append(append(out, line), b.lines(indent+2)...)
	}
	return out
}

// quoteKey quotes what would not be read back as the same key.
func quoteKey(k string) string {
	for _, r := range k {
		if !strings.ContainsRune("-._/", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(k) + `"`
		}
	}
	return k
}
