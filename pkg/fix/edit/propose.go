package edit

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// maxCandidates bounds how many changes are proposed for one field.
const maxCandidates = 4

// Propose gives the changes that may give the field the value, a YAML scalar
// or a list in flow style: the likeliest first, none where no text at the
// place is literal. values are the target's values files.
func (fs *Files) Propose(p manifest.Place, value string, values []string) []Change {
	route := p.Route()
	if len(route) == 0 {
		return nil
	}
	if p.Exists() {
		if c, ok := fs.replace(p, route, value); ok {
			return []Change{c}
		}
		return nil
	}
	// The nearest parent that is there, and the fields that are not.
	k := len(route) - 1
	parent := p.Object().At(route[:k]...)
	for k > 0 && !parent.Exists() {
		k--
		parent = p.Object().At(route[:k]...)
	}
	var fields []string
	for _, s := range route[k:] {
		name, ok := s.(string)
		if !ok {
			return nil // a list's item is not made up
		}
		fields = append(fields, name)
	}
	if !parent.IsMap() {
		return nil
	}
	var out []Change
	if parent.Len() == 0 {
		out = fs.fill(parent, route[:k], fields, value)
	} else {
		out = fs.insert(parent, fields, value, values)
	}
	return out[:min(len(out), maxCandidates)]
}

// replace changes the value where it is written as it shows.
func (fs *Files) replace(p manifest.Place, route []any, value string) (Change, bool) {
	loc := p.ValueLocation()
	if !p.IsList() && p.Node().Kind != yaml.ScalarNode || !loc.Exact {
		return Change{}, false
	}
	f := fs.get(loc.Primary.Path)
	if f == nil {
		return Change{}, false
	}
	c := Change{Path: loc.Primary.Path, Line: loc.Primary.Start.Line, Text: value}
	if e, ok := f.entry(c.Line, keyAt(loc, route)); ok && same(f.lines[c.Line-1][e.from:e.to], p.Node()) {
		c.From, c.To = e.from, e.to
		return c, true
	}
	// In a line of several fields, by its columns.
	if c.Line < 1 || c.Line > len(f.lines) || loc.Primary.Start.Col == 0 {
		return c, false
	}
	line := f.lines[c.Line-1]
	c.From, c.To = bytesAt(line, loc.Primary.Start.Col), bytesAt(line, loc.Primary.End.Col)
	return c, c.From < c.To && same(line[c.From:c.To], p.Node())
}

// keyAt is the key by which the place is written at its primary location: the
// field's own, or that of the values that made it.
func keyAt(loc result.Location, route []any) string {
	for _, o := range loc.Chain {
		if o.Span == loc.Primary && o.Role == result.RoleValues {
			return o.Key[strings.LastIndexByte(o.Key, '.')+1:]
		}
	}
	if len(route) > 0 {
		if name, ok := route[len(route)-1].(string); ok {
			return name
		}
	}
	return ""
}

// bytesAt is the byte at which a column, 1-based, starts.
func bytesAt(line string, col int) int {
	for i := range line {
		if col--; col == 0 {
			return i
		}
	}
	if col == 1 {
		return len(line)
	}
	return -1
}

// same reports whether text is, as YAML, what the node holds.
func same(text string, n *yaml.Node) bool {
	var doc yaml.Node
	if text == "" || strings.Contains(text, "{{") || yaml.Unmarshal([]byte(text), &doc) != nil || len(doc.Content) != 1 {
		return false
	}
	return equal(doc.Content[0], n)
}

func equal(a, b *yaml.Node) bool {
	return a.Kind == b.Kind && a.Value == b.Value && slices.EqualFunc(a.Content, b.Content, equal)
}

// fill puts fields where an empty map is written.
func (fs *Files) fill(parent manifest.Place, route []any, fields []string, value string) []Change {
	loc := parent.ValueLocation()
	f := fs.get(loc.Primary.Path)
	if f == nil || !loc.Exact {
		return nil
	}
	if c, ok := f.within(loc.Primary.Path, loc.Primary.Start.Line, keyAt(loc, route), fields, value); ok {
		return []Change{c}
	}
	return nil
}

// within adds fields below the line "key: {}" or "key:".
func (f *file) within(path string, line int, key string, fields []string, value string) (Change, bool) {
	e, ok := f.entry(line, key)
	if !ok || key == "" {
		return Change{}, false
	}
	c := Change{Path: path, Line: line, Text: value, Fields: strings.Join(fields, "\x00"), Indent: e.indent + 2}
	switch text := f.lines[line-1][e.from:e.to]; text {
	case "":
		return c, true
	case "{}":
		// The blank before it goes, too.
		c.From, c.To = len(strings.TrimRight(f.lines[line-1][:e.from], " ")), e.to
		return c, true
	}
	return c, false
}

// insert adds fields to a map that has others: below one of them that is a line
// of its own, and stands in the fewest blocks of its template.
func (fs *Files) insert(parent manifest.Place, fields []string, value string, values []string) []Change {
	var best *Change
	var at *file
	var made []Change // of values
	for name, child := range parent.Entries() {
		for _, loc := range []result.Location{child.KeyLocation(), child.ValueLocation()} {
			f := fs.get(loc.Primary.Path)
			if f == nil || !loc.Exact {
				continue
			}
			e, ok := f.entry(loc.Primary.Start.Line, name)
			if !ok || e.from == e.to {
				continue
			}
			c := Change{Path: loc.Primary.Path, Line: loc.Primary.Start.Line, Text: value, Fields: strings.Join(fields, "\x00"), Indent: e.indent}
			if keyOf(loc) != "" {
				made = append(made, c)
				continue
			}
			if best == nil || f.depth[c.Line-1] < at.depth[best.Line-1] {
				best, at = &c, f
			}
		}
	}
	if best == nil {
		if c, ok := fs.inline(parent, fields, value); ok {
			made = append(made, c)
		}
		return made
	}
	if mentions := at.mentions(best, fields[0]); len(mentions) > 0 {
		// The template prints the field itself, from values that are empty.
		return fs.fromValues(best.Path, at, mentions, fields, value, values)
	}
	return []Change{*best}
}

// inline adds fields to a map in flow style that is written in its key's line.
// Of two such changes to one map only one can be made at a time.
func (fs *Files) inline(parent manifest.Place, fields []string, value string) (Change, bool) {
	loc := parent.KeyLocation()
	f := fs.get(loc.Primary.Path)
	if f == nil || !loc.Exact {
		return Change{}, false
	}
	c := Change{Path: loc.Primary.Path, Line: loc.Primary.Start.Line}
	e, ok := f.entry(c.Line, keyAt(loc, parent.Route()))
	if !ok || !same(f.lines[c.Line-1][e.from:e.to], parent.Node()) {
		return c, false
	}
	for i := len(fields) - 1; i >= 0; i-- {
		if value = quoteKey(fields[i]) + ": " + value; i > 0 {
			value = "{" + value + "}"
		}
	}
	c.From, c.To, c.Text = e.to-1, e.to, ", "+value+"}"
	return c, f.lines[c.Line-1][c.From:c.To] == "}"
}

// keyOf is the values key at the primary location, "" if it is no values line.
func keyOf(loc result.Location) string {
	for _, o := range loc.Chain {
		if o.Span == loc.Primary && o.Role == result.RoleValues {
			return o.Key
		}
	}
	return ""
}

// mentions lists the lines, from 0, on which a template prints the field
// itself, as a sibling of the place, or calls what may print it. Adding it
// there would write it twice as soon as the values are set.
func (f *file) mentions(at *Change, field string) []int {
	var out []int
	for i, l := range f.lines {
		t := strings.TrimLeft(l, " ")
		key, _, isKey := strings.Cut(t, ":")
		switch {
		case isKey && strings.Trim(key, `"'`) == field && strings.Contains(strings.Join(f.lines[max(i-1, 0):min(i+2, len(f.lines))], "\n"), "{{"):
			if len(l)-len(t) == at.Indent || strings.HasSuffix(at.Path, ".tpl") {
				out = append(out, i)
			}
		case strings.HasPrefix(t, "{{") && strings.Contains(strings.ToLower(t), strings.ToLower(field)) && strings.Contains(t, "include"):
			out = append(out, i)
		}
	}
	return out
}

var valuesPath = regexp.MustCompile(`\.Values((?:\.[A-Za-z_][A-Za-z0-9_-]*)+)`)

// fromValues proposes changes of the values that the lines print: what is below
// the field goes below the values key.
func (fs *Files) fromValues(template string, f *file, lines []int, fields []string, value string, values []string) []Change {
	if len(fields) < 2 {
		return nil
	}
	values = slices.Clone(values)
	slices.Reverse(values) // the last wins
	if dir, _, ok := strings.Cut(template, "/templates/"); ok {
		values = append(values, path.Join(dir, "values.yaml"))
	} else if strings.HasPrefix(template, "templates/") {
		values = append(values, "values.yaml")
	}
	var out []Change
	for _, i := range lines {
		near := strings.Join(f.lines[max(i-2, 0):min(i+3, len(f.lines))], "\n")
		for _, m := range valuesPath.FindAllStringSubmatch(near, -1) {
			keys := strings.Split(m[1][1:], ".")
			if !strings.Contains(strings.ToLower(keys[len(keys)-1]), strings.ToLower(fields[0])) {
				continue
			}
			for _, v := range values {
				if c, ok := fs.below(v, keys, fields[1:], value); ok && !slices.Contains(out, c) {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// below adds fields to the map at a path of a values file.
func (fs *Files) below(p string, keys, fields []string, value string) (Change, bool) {
	f := fs.get(p)
	if f == nil {
		return Change{}, false
	}
	var doc yaml.Node
	if yaml.Unmarshal([]byte(strings.Join(f.lines, "\n")), &doc) != nil || len(doc.Content) == 0 {
		return Change{}, false
	}
	n := doc.Content[0]
	var key *yaml.Node
	for len(keys) > 0 || len(fields) > 1 {
		next := ""
		if len(keys) > 0 {
			next = keys[0]
		} else {
			next = fields[0]
		}
		k, v := child(n, next)
		if v == nil && len(keys) == 0 {
			break // the rest is new
		}
		if v == nil || v.Kind != yaml.MappingNode && v.Tag != "!!null" {
			return Change{}, false
		}
		if key, n = k, v; len(keys) > 0 {
			keys = keys[1:]
		} else {
			fields = fields[1:]
		}
	}
	if _, v := child(n, fields[0]); v != nil || key == nil {
		return Change{}, false
	}
	c, ok := f.within(p, key.Line, key.Value, fields, value)
	if ok && len(n.Content) > 0 {
		c.Indent = n.Content[0].Column - 1
	}
	return c, ok
}

func child(n *yaml.Node, key string) (k, v *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}
