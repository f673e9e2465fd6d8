// Package manifest turns rendered YAML into objects whose every field knows
// its place: text → Document → Object → Place. Documents are decoded once, to
// yaml.v3 nodes, because decoders that drop positions cannot give them back,
// and because typed structs erase "absent" against "false". Nothing here
// expands an alias or follows a document without bound.
package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Limits against documents that are small in bytes and huge in meaning.
const (
	maxNodes = 2_000_000 // nodes of one document with aliases expanded
	maxDepth = 1_000     // nesting of one document
)

// Chunk is one document of a YAML stream: its text and the line in the stream
// where it starts.
type Chunk struct {
	Text []byte
	Line int
}

// Split cuts a YAML stream at its "---" lines. A byte-order mark is dropped;
// line ends stay as they are. Documents of white space and comments only are
// left out.
func Split(stream []byte) []Chunk {
	stream = bytes.TrimPrefix(stream, []byte("\ufeff"))
	var out []Chunk
	start, startLine, line := 0, 1, 1
	flush := func(end int) {
		if text := stream[start:end]; !blank(text) {
			out = append(out, Chunk{Text: text, Line: startLine})
		}
	}
	for off := 0; off < len(stream); {
		end := len(stream)
		if i := bytes.IndexByte(stream[off:], '\n'); i >= 0 {
			end = off + i + 1
		}
		if l := stream[off:end]; isSeparator(l) {
			flush(off)
			// "--- # comment" starts a document on the next line; "--- {a: b}"
			// on this one, three columns in: blanks keep the columns true.
			start, startLine = end, line+1
			if rest := bytes.TrimSpace(l[3:]); len(rest) > 0 && rest[0] != '#' {
				start, startLine = off+3, line
			}
		}
		off = end
		line++
	}
	flush(len(stream))
	return out
}

func isSeparator(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("---")) {
		return false
	}
	return len(line) == 3 || strings.IndexByte(" \t\r\n", line[3]) >= 0
}

func blank(text []byte) bool {
	for len(text) > 0 {
		l := text
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			l, text = text[:i], text[i+1:]
		} else {
			text = nil
		}
		l = bytes.TrimSpace(l)
		if len(l) > 0 && l[0] != '#' && !bytes.Equal(l, []byte("---")) && !bytes.Equal(l, []byte("...")) {
			return false
		}
	}
	return true
}

// ParseError is a document that is not YAML. Line is in the document's text.
type ParseError struct {
	Line int
	Msg  string
}

func (e *ParseError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

var yamlErr = regexp.MustCompile(`(?s)^yaml: (?:unmarshal errors:\s*)?(?:line (\d+): )?(.*)$`)

// Parse decodes d.Text into d.Node, if that is not done yet. The error is a
// *ParseError.
func (d *Document) Parse() error {
	if d.Node != nil {
		return nil
	}
	d.Notes = nil
	var root yaml.Node
	if err := unmarshal(d.Text, &root); err != nil {
		pe := &ParseError{Line: 1, Msg: err.Error()}
		if m := yamlErr.FindStringSubmatch(err.Error()); m != nil {
			pe.Msg = strings.TrimSpace(m[2])
			if n, aerr := strconv.Atoi(m[1]); aerr == nil {
				pe.Line = n
			}
		}
		// An unexpected end is reported past the last line.
		f := feeds(d.Text)
		pe.Line = f[min(max(pe.Line, 1), len(f))-1]
		return pe
	}
	if root.Kind != yaml.DocumentNode || len(root.Content) == 0 {
		return nil
	}
	if oddBreaks(d.Text) {
		recount(&root, feeds(d.Text))
	}
	n := resolve(root.Content[0])
	c := &checker{sizes: map[*yaml.Node]int{}, doc: d}
	if _, err := c.size(n, 0); err != nil {
		return err
	}
	d.Node = n
	return nil
}

// unmarshal guards against the panics that yaml.v3 has on some malformed
// inputs.
func unmarshal(text []byte, root *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	return yaml.Unmarshal(text, root)
}

// checker measures a document with its aliases expanded, and notes keys
// written twice.
type checker struct {
	sizes map[*yaml.Node]int // anchored nodes; -1 while open
	doc   *Document
}

func (c *checker) size(n *yaml.Node, depth int) (int, error) {
	if depth > maxDepth {
		return 0, &ParseError{Line: n.Line, Msg: fmt.Sprintf("nested deeper than %d levels", maxDepth)}
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Anchor != "" {
		if s, ok := c.sizes[n]; ok {
			if s < 0 {
				return 0, &ParseError{Line: n.Line, Msg: fmt.Sprintf("anchor %q contains itself", n.Anchor)}
			}
			return s, nil
		}
		c.sizes[n] = -1
	}
	total := 1
	for _, ch := range n.Content {
		s, err := c.size(ch, depth+1)
		if err != nil {
			return 0, err
		}
		if total += s; total > maxNodes {
			return 0, &ParseError{Line: n.Line, Msg: fmt.Sprintf("aliases expand to more than %d nodes", maxNodes)}
		}
	}
	if n.Anchor != "" {
		c.sizes[n] = total
	}
	if n.Kind == yaml.MappingNode {
		c.duplicates(n)
	}
	return total, nil
}

func (c *checker) duplicates(n *yaml.Node) {
	if len(n.Content) < 4 {
		return
	}
	seen := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" {
			continue
		}
		if first := seen[k.Value]; first != nil {
			c.doc.Notes = append(c.doc.Notes, Note{Kind: NoteDuplicateKey, Node: k, First: first})
			continue
		}
		seen[k.Value] = k
	}
}

// NoteDuplicateKey is the kind of the note for a key written twice.
const NoteDuplicateKey = "duplicate-key"

// Objects lists the Kubernetes objects of a parsed document; the items of a
// List, however nested, stand for themselves. A document without apiVersion
// and kind has none.
func (d *Document) Objects() []*Object {
	var out []*Object
	d.collect(d.Node, 0, &out)
	return out
}

func (d *Document) collect(n *yaml.Node, depth int, out *[]*Object) {
	if n == nil || n.Kind != yaml.MappingNode || depth > 8 {
		return
	}
	o := &Object{Doc: d, Node: n}
	api, kind := o.At("apiVersion").Str(), o.At("kind").Str()
	if api == "" || kind == "" {
		return
	}
	if items := o.At("items"); strings.HasSuffix(kind, "List") && items.IsList() {
		for it := range items.Items() {
			d.collect(it.Node(), depth+1, out)
		}
		return
	}
	o.Key = result.Key{
		APIVersion: api, Kind: kind,
		Namespace: o.At("metadata", "namespace").Str(),
		Name:      o.At("metadata", "name").Str(),
	}
	if o.Key.Name == "" {
		if g := o.At("metadata", "generateName").Str(); g != "" {
			o.Key.Name = g + "*"
		}
	}
	o.kind = meant(o.Key.Group(), kind)
	o.pod = o.findPod()
	*out = append(*out, o)
}

// Locate is the location of a position given in lines of the document's text.
func (d *Document) Locate(line, col int) result.Location {
	return d.locate(&yaml.Node{Kind: yaml.MappingNode, Line: line, Column: col}, false)
}

// LineOrigin is where the text of line n, as a whole, was written.
func (d *Document) LineOrigin(n int) result.Location {
	lines := bytes.Split(d.Text, []byte("\n"))
	if n < 1 || n > len(lines) {
		return result.Location{}
	}
	line := strings.TrimRight(string(lines[n-1]), " \r")
	value := strings.TrimLeft(line, " -")
	if i := strings.Index(value, ": "); i >= 0 { // behind the key
		value = strings.TrimLeft(value[i+2:], " ")
	}
	end := utf8.RuneCountInString(line) + 1
	start := max(end-utf8.RuneCountInString(value), 1)
	return d.Map.Locate(source.Span{Start: source.Pos{Line: n, Col: start}, End: source.Pos{Line: n, Col: end}}, true)
}

// ErrSpan is where a parse error of d shows.
func (d *Document) ErrSpan(err error) source.Span {
	var pe *ParseError
	line := 1
	if errors.As(err, &pe) {
		line = pe.Line
	}
	return d.Locate(line, 0).Primary
}
