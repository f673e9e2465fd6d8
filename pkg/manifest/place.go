package manifest

import (
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Place is a field of an object, present or absent. An absent one remembers
// its nearest existing parent, so that a finding about something missing still
// has a line. Places are small values; copy them freely.
type Place struct {
	obj *Object
	// node is the field's value, nil if absent.
	node *yaml.Node
	// anchor is what locates the field: its key, or the nearest existing
	// parent's key, or the node itself.
	anchor *yaml.Node
	// step is how the field is reached, nil at the root. Paths are written out
	// only for findings, which most fields never have.
	step *step
}

// step is one component of a field path.
type step struct {
	up    *step
	name  string     // of a field
	index int        // of a list's item, else isField or isPath
	node  *yaml.Node // of a list's item, nil if absent
}

// Steps that are no items.
const (
	isField = -1
	isPath  = -2 // name is a whole path
)

// write appends the path to b, list items by name if stable is set.
func (s *step) write(b []byte, stable bool) []byte {
	if s == nil {
		return b
	}
	b = s.up.write(b, stable)
	switch {
	case s.index == isPath:
		return append(b, s.name...)
	case s.index == isField && strings.ContainsAny(s.name, ".[]/"):
		b = strconv.AppendQuote(append(b, '['), s.name)
		return append(b, ']')
	case s.index == isField:
		if len(b) > 0 {
			b = append(b, '.')
		}
		return append(b, s.name...)
	}
	b = append(b, '[')
	switch {
	case !stable:
		b = strconv.AppendInt(b, int64(s.index), 10)
	case s.node != nil:
		b = append(b, itemName(s.node)...)
	}
	return append(b, ']')
}

// Object is the object that the place belongs to.
func (p Place) Object() *Object { return p.obj }

// Exists reports whether the field is present and not null.
func (p Place) Exists() bool { return p.node != nil && p.node.Tag != "!!null" }

// Path is the field path for people: "spec.containers[0].image".
func (p Place) Path() string { return string(p.step.write(nil, false)) }

// Stable is the path for fingerprints, with list items by name:
// "spec.containers[web].image".
func (p Place) Stable() string { return string(p.step.write(nil, true)) }

// Route is the path as At takes it; nil for the root, and for a place that was
// made of a bare node.
func (p Place) Route() []any {
	var out []any
	for s := p.step; s != nil; s = s.up {
		switch s.index {
		case isPath:
			return nil
		case isField:
			out = append(out, s.name)
		default:
			out = append(out, s.index)
		}
	}
	slices.Reverse(out)
	return out
}

// Node is the YAML node, nil if absent. Aliases are resolved. Do not change it.
func (p Place) Node() *yaml.Node { return p.node }

// At descends: strings name fields, ints index lists.
func (p Place) At(path ...any) Place {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			p = p.field(s)
		case int:
			p = p.item(s)
		default:
			panic("manifest: path steps are strings or ints")
		}
	}
	return p
}

func (p Place) field(name string) Place {
	q := Place{obj: p.obj, anchor: p.anchor, step: &step{up: p.step, name: name, index: isField}}
	if k, v := lookup(p.node, name); v != nil {
		q.node, q.anchor = resolve(v), k
	}
	return q
}

func (p Place) item(i int) Place {
	q := Place{obj: p.obj, anchor: p.anchor, step: &step{up: p.step, index: i}}
	if p.node != nil && p.node.Kind == yaml.SequenceNode && i >= 0 && i < len(p.node.Content) {
		q.anchor = p.node.Content[i]
		q.node = resolve(q.anchor)
		q.step.node = q.node
	}
	return q
}

// itemName tells list items apart without their index: by name, by value.
func itemName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.ScalarNode:
		if len(n.Value) <= 64 {
			return n.Value
		}
	case yaml.MappingNode:
		for _, key := range [...]string{"name", "mountPath", "containerPort", "port", "host", "key"} {
			if _, v := lookup(n, key); v != nil && v.Kind == yaml.ScalarNode {
				return v.Value
			}
		}
	}
	return ""
}

// lookup finds key in a mapping, merge keys ("<<") included: the mapping's own
// keys win, and of a key written twice the last, as Kubernetes' decoders do.
func lookup(n *yaml.Node, key string) (k, v *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		if n.Content[i].Value == key && n.Content[i].Tag != "!!merge" {
			return n.Content[i], n.Content[i+1]
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag != "!!merge" {
			continue
		}
		m := resolve(n.Content[i+1])
		if m.Kind == yaml.SequenceNode {
			for _, c := range m.Content {
				if k, v := lookup(resolve(c), key); v != nil {
					return k, v
				}
			}
		} else if k, v := lookup(m, key); v != nil {
			return k, v
		}
	}
	return nil, nil
}

func resolve(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// Str is the scalar's text, "" if absent or not a scalar.
func (p Place) Str() string {
	if p.node == nil || p.node.Kind != yaml.ScalarNode || p.node.Tag == "!!null" {
		return ""
	}
	return p.node.Value
}

// IsString reports whether the field is a YAML string.
func (p Place) IsString() bool {
	return p.node != nil && p.node.Kind == yaml.ScalarNode && p.node.Tag == "!!str"
}

// Bool is the field's boolean; ok is false if it is absent or no boolean.
// Plain yes, no, on and off are booleans too: Kubernetes' own tools read YAML
// 1.1, and "privileged: yes" is privileged.
func (p Place) Bool() (value, ok bool) {
	if p.node == nil || p.node.Kind != yaml.ScalarNode {
		return false, false
	}
	switch {
	case p.node.Tag == "!!bool":
		switch strings.ToLower(p.node.Value) {
		case "true", "yes", "on", "y":
			return true, true
		}
		return false, true
	case p.node.Tag == "!!str" && p.node.Style == 0:
		switch p.node.Value {
		case "yes", "Yes", "YES", "on", "On", "ON":
			return true, true
		case "no", "No", "NO", "off", "Off", "OFF":
			return false, true
		}
	}
	return false, false
}

// IsTrue reports whether the field is present and true.
func (p Place) IsTrue() bool { v, _ := p.Bool(); return v }

// Int is the field's integer; ok is false if it is absent or no integer. A
// float without a fraction is one: "0.0" reaches the API server as 0.
func (p Place) Int() (value int64, ok bool) {
	if p.node == nil || p.node.Kind != yaml.ScalarNode {
		return 0, false
	}
	switch p.node.Tag {
	case "!!int":
		v, err := strconv.ParseInt(p.node.Value, 0, 64)
		return v, err == nil
	case "!!float":
		f, err := strconv.ParseFloat(p.node.Value, 64)
		if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return 0, false
		}
		return int64(f), true
	}
	return 0, false
}

// IsMap and IsList report the shape of a present field.
func (p Place) IsMap() bool { return p.node != nil && p.node.Kind == yaml.MappingNode }

// IsList reports whether the field is a list.
func (p Place) IsList() bool { return p.node != nil && p.node.Kind == yaml.SequenceNode }

// Len is the number of items or entries, 0 if absent.
func (p Place) Len() int {
	switch {
	case p.IsList():
		return len(p.node.Content)
	case p.IsMap():
		return len(p.node.Content) / 2
	}
	return 0
}

// Items yields the list's items; nothing if absent or no list.
func (p Place) Items() iter.Seq[Place] {
	return func(yield func(Place) bool) {
		if !p.IsList() {
			return
		}
		for i := range p.node.Content {
			if !yield(p.item(i)) {
				return
			}
		}
	}
}

// Strings returns the scalars of a list.
func (p Place) Strings() []string {
	var out []string
	for it := range p.Items() {
		if it.node.Kind == yaml.ScalarNode {
			out = append(out, it.node.Value)
		}
	}
	return out
}

// Entries yields the mapping's keys and values in order of writing, merge keys
// left out; nothing if absent or no mapping.
func (p Place) Entries() iter.Seq2[string, Place] {
	return func(yield func(string, Place) bool) {
		if !p.IsMap() {
			return
		}
		for i := 0; i+1 < len(p.node.Content); i += 2 {
			k, v := p.node.Content[i], p.node.Content[i+1]
			if k.Tag == "!!merge" {
				continue
			}
			q := Place{obj: p.obj, node: resolve(v), anchor: k, step: &step{up: p.step, name: k.Value, index: isField}}
			if !yield(k.Value, q) {
				return
			}
		}
	}
}

// Location is where the field, or its nearest existing parent, is written and
// shows.
func (p Place) Location() result.Location {
	n, scalar := p.anchor, false
	if p.node != nil && p.node.Kind == yaml.ScalarNode {
		n, scalar = p.node, true
	}
	if n == nil {
		n = p.obj.Node
	}
	return p.obj.Doc.locate(n, scalar)
}

// KeyLocation is where the field's key is written, whatever made its value; of
// a list's item, where it starts.
func (p Place) KeyLocation() result.Location {
	if p.anchor == nil {
		return p.obj.Doc.locate(p.obj.Node, false)
	}
	return p.obj.Doc.locate(p.anchor, false)
}

// ValueLocation is where the field's value is written, a map's or list's too.
// The field must exist.
func (p Place) ValueLocation() result.Location { return p.obj.Doc.locate(p.node, true) }

func (d *Document) locate(n *yaml.Node, scalar bool) result.Location {
	span := source.Span{
		Start: source.Pos{Line: n.Line, Col: n.Column},
		End:   d.end(n),
	}
	loc := d.Map.Locate(span, scalar)
	if loc.Primary.IsZero() {
		// The renderer knew nothing: the file that printed the document.
		loc.Primary = source.LineSpan(d.Path, 1)
		loc.Exact = false
	}
	span.Path = d.Target
	span.Start.Line += d.Line - 1
	span.End.Line += d.Line - 1
	loc.Rendered = span
	return loc
}

// end is just past the node's text, on the node's first line: yaml.v3 keeps no
// end, and a finding's region is best short.
func (d *Document) end(n *yaml.Node) source.Pos {
	p := source.Pos{Line: n.Line, Col: n.Column}
	if n.Kind != yaml.ScalarNode {
		p.Col++
		return p
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		p.Col++
		return p
	}
	width := utf8.RuneCountInString(n.Value)
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		width += 2
	}
	if i := strings.IndexByte(n.Value, '\n'); i >= 0 {
		width = utf8.RuneCountInString(n.Value[:i])
	}
	p.Col += max(width, 1)
	return p
}

// Scalars yields the scalars at and below the place, in order of writing.
func (p Place) Scalars() iter.Seq[Place] {
	return func(yield func(Place) bool) { p.scalars(yield) }
}

func (p Place) scalars(yield func(Place) bool) bool {
	switch {
	case p.IsMap():
		for _, v := range p.Entries() {
			if !v.scalars(yield) {
				return false
			}
		}
	case p.IsList():
		for it := range p.Items() {
			if !it.scalars(yield) {
				return false
			}
		}
	default:
		return p.node == nil || yield(p)
	}
	return true
}
