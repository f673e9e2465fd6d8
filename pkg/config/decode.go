package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/internal/suggest"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Error is one fault of the configuration, with the line and what to do.
type Error struct {
	At   source.Span
	Msg  string
	Hint string
}

func (e *Error) Error() string {
	if e.At.IsZero() {
		return e.Msg
	}
	return fmt.Sprintf("%s: %s", source.LineSpan(e.At.Path, e.At.Start.Line), e.Msg)
}

// decoder fills Go values from YAML nodes, strictly: yaml.v3's own KnownFields
// has neither positions in its types nor all faults at once. Keys are the yaml
// tags; a field "At source.Span" receives the position of its struct.
type decoder struct {
	path string
	errs []error
}

// custom is a type that reads its own node.
type custom interface {
	decode(d *decoder, n *yaml.Node)
}

var spanType = reflect.TypeFor[source.Span]()

// decodeFile decodes a whole file into the struct that into points to; what
// the file does not set keeps its value.
func decodeFile(path string, data []byte, into any) error {
	d := &decoder{path: path}
	chunks := manifest.Split(data)
	if len(chunks) == 0 {
		return nil
	}
	if len(chunks) > 1 {
		return &Error{At: source.LineSpan(path, chunks[1].Line), Msg: "a second YAML document starts here; the configuration is one document"}
	}
	doc := &manifest.Document{Text: chunks[0].Text}
	if err := doc.Parse(); err != nil {
		pe := &manifest.ParseError{}
		if !errors.As(err, &pe) {
			return err
		}
		return &Error{At: source.LineSpan(path, pe.Line+chunks[0].Line-1), Msg: "not valid YAML: " + pe.Msg}
	}
	if doc.Node == nil {
		return nil
	}
	shift(doc.Node, chunks[0].Line-1, map[*yaml.Node]bool{})
	d.value(doc.Node, reflect.ValueOf(into).Elem(), "")
	return errors.Join(d.errs...)
}

// DecodeFile decodes the data of the file path, one document, into the struct
// that into points to, as strictly as the configuration itself.
func DecodeFile(path string, data []byte, into any) error { return decodeFile(path, data, into) }

// DecodeNode decodes n, a node of the file path, into the struct that into
// points to, as strictly as the file itself. A nil n changes nothing.
func DecodeNode(path string, n *yaml.Node, into any) error {
	if n == nil {
		return nil
	}
	d := &decoder{path: path}
	d.value(n, reflect.ValueOf(into).Elem(), "")
	return errors.Join(d.errs...)
}

// shift moves the nodes of a document to their lines in the file.
func shift(n *yaml.Node, by int, seen map[*yaml.Node]bool) {
	if by == 0 || seen[n] {
		return
	}
	seen[n] = true
	n.Line += by
	for _, c := range n.Content {
		shift(c, by, seen)
	}
}

func (d *decoder) at(n *yaml.Node) source.Span {
	p := source.Pos{Line: n.Line, Col: n.Column}
	return source.Span{Path: d.path, Start: p, End: p}
}

func (d *decoder) fail(n *yaml.Node, hint, format string, args ...any) {
	d.errs = append(d.errs, &Error{At: d.at(n), Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// value decodes n into v; key is the path for messages.
func (d *decoder) value(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if v.Type() == reflect.TypeFor[*yaml.Node]() {
		v.Set(reflect.ValueOf(n))
		return
	}
	if n.Tag == "!!null" {
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), key)
		return
	}
	switch p := v.Addr().Interface().(type) {
	case custom:
		p.decode(d, n)
		return
	case encoding.TextUnmarshaler:
		if text, ok := d.text(n, key); ok {
			if err := p.UnmarshalText([]byte(text)); err != nil {
				d.fail(n, "", "%s: %v", key, err)
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.object(n, v, key)
	case reflect.Map:
		d.mapping(n, v, key)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			d.fail(n, "", "%s: want a list, got %s", key, shape(n))
			return
		}
		out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
		for i, c := range n.Content {
			d.value(c, out.Index(i), fmt.Sprintf("%s[%d]", key, i))
		}
		v.Set(out)
	case reflect.String:
		if text, ok := d.text(n, key); ok {
			v.SetString(text)
		}
	default:
		d.scalar(n, v, key)
	}
}

// text is a scalar's text as written. Numbers and dates are taken too: nobody
// should have to quote 1.34 or 2030-01-31.
func (d *decoder) text(n *yaml.Node, key string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!bool" || n.Tag == "!!binary" {
		d.fail(n, "", "%s: want a string, got %s", key, shape(n))
		return "", false
	}
	return n.Value, true
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, key string) {
	switch v.Kind() {
	case reflect.Bool:
		if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" {
			v.SetBool(strings.EqualFold(n.Value, "true"))
			return
		}
		d.fail(n, "", "%s: want true or false, got %s", key, shape(n))
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(n.Value, 0, 64)
		if n.Kind == yaml.ScalarNode && n.Tag == "!!int" && err == nil {
			v.SetInt(i)
			return
		}
		d.fail(n, "", "%s: want a whole number, got %s", key, shape(n))
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, 64)
		if n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float") && err == nil && !math.IsNaN(f) {
			v.SetFloat(f)
			return
		}
		d.fail(n, "", "%s: want a number, got %s", key, shape(n))
	default:
		panic("config: no decoder for " + v.Type().String())
	}
}

func (d *decoder) object(n *yaml.Node, v reflect.Value, key string) {
	fields := fieldsOf(v.Type())
	if at := v.FieldByName("At"); at.IsValid() && at.Type() == spanType {
		at.Set(reflect.ValueOf(d.at(n)))
	}
	seen := map[string]bool{}
	for k, val := range d.entries(n, key) {
		seen[k.Value] = true
		i := fields.index(k.Value)
		if i < 0 {
			in := ""
			if key != "" {
				in = " in " + key
			}
			d.fail(k, suggest.DidYouMean(k.Value, fields.names()), "unknown key %q%s (known: %s)", k.Value, in, strings.Join(fields.names(), ", "))
			continue
		}
		d.value(val, v.FieldByIndex(fields[i].path), joinKey(key, k.Value))
	}
	for _, f := range fields {
		if f.required && !seen[f.name] && n.Kind == yaml.MappingNode {
			d.fail(n, "", "%s: %q is missing", key, f.name)
		}
	}
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, key string) {
	out := reflect.MakeMap(v.Type())
	for k, val := range d.entries(n, key) {
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(val, e, joinKey(key, k.Value))
		if e.Kind() == reflect.Struct {
			if at := e.FieldByName("At"); at.IsValid() && at.Type() == spanType {
				at.Set(reflect.ValueOf(d.at(k)))
			}
		}
		out.SetMapIndex(reflect.ValueOf(k.Value), e)
	}
	v.Set(out)
}

// entries yields a mapping's keys and values; a key written twice is a fault.
func (d *decoder) entries(n *yaml.Node, key string) func(yield func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		if n.Kind != yaml.MappingNode {
			what := key + ": "
			if key == "" {
				what = ""
			}
			d.fail(n, "", "%swant a mapping, got %s", what, shape(n))
			return
		}
		seen := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" {
				d.fail(k, "", "want a plain key, got %s", shape(k))
				continue
			}
			if line := seen[k.Value]; line > 0 {
				d.fail(k, "", "key %q is already set on line %d", joinKey(key, k.Value), line)
				continue
			}
			seen[k.Value] = k.Line
			if !yield(k, n.Content[i+1]) {
				return
			}
		}
	}
}

func joinKey(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// shape says what a node is, for messages.
func shape(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	if n.Tag == "!!merge" {
		return "a merge key"
	}
	return strconv.Quote(n.Value)
}

// field is one key of a struct.
type field struct {
	name     string
	path     []int
	doc      string
	required bool
	typ      reflect.Type
}

type fieldList []field

// fieldsOf lists the keys of a struct in order of declaration: those with a
// yaml tag by it, others in lower case, as yaml.v3 does; embedded structs
// contribute theirs.
func fieldsOf(t reflect.Type) fieldList {
	var out fieldList
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if f.Anonymous || !f.IsExported() || name == "-" || f.Type == spanType {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		out = append(out, field{name, f.Index, f.Tag.Get("doc"), f.Tag.Get("need") == "required", f.Type})
	}
	return out
}

func (l fieldList) names() []string {
	out := make([]string, len(l))
	for i, f := range l {
		out[i] = f.name
	}
	return out
}

func (l fieldList) index(name string) int {
	for i, f := range l {
		if f.name == name {
			return i
		}
	}
	return -1
}
