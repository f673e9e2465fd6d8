package kustomize

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// maxPadding is how many bytes of blank lines one build is given. Documents
// beyond it are traced by their fields alone.
const maxPadding = 32 << 20

// firstLine is above the lines of what krusty writes and reads again on its
// way, so that such a line is not taken for one of a document.
const firstLine = 4096

// chunk is one YAML document that a build reads.
type chunk struct {
	path  string // of the repository
	line  int    // where text starts in path
	fixed bool   // text stands on that one line: a quoted patch
	role  result.Role
	text  string
	lines int
	// start is how many lines krusty reads before text, so that a node's line
	// names its document. Zero: the document could not be moved.
	start int
	index func() *indexed
}

// indexed is a parsed chunk.
type indexed struct {
	root    *yaml.Node
	scalars map[source.Pos]*yaml.Node
}

func newChunk(path string, line int, role result.Role, text string) *chunk {
	c := &chunk{path: path, line: line, role: role, text: text, lines: strings.Count(text, "\n") + 1}
	c.index = sync.OnceValue(func() *indexed {
		d := manifest.Document{Text: []byte(c.text)}
		x := &indexed{scalars: map[source.Pos]*yaml.Node{}}
		if d.Parse() == nil && d.Node != nil {
			x.root = d.Node
			x.add(d.Node)
		}
		return x
	})
	return c
}

func (x *indexed) add(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		x.scalars[source.Pos{Line: n.Line, Col: n.Column}] = n
	}
	for _, c := range n.Content {
		x.add(c)
	}
}

// origin is where line n of the chunk's text stands.
func (c *chunk) origin(n int) result.Origin {
	if c.fixed {
		n = 1
	}
	return result.Origin{Span: source.LineSpan(c.path, c.line+n-1), Role: c.role}
}

// layout gives every resource and patch that a build reads a stretch of lines
// of its own. Blank lines before a document mean nothing, and kyaml keeps a
// node's line through merges, copies and replacements: so the line of a node
// of the result names the file and line that it was written on.
type layout struct {
	moved  []*chunk            // by start
	files  map[string][]*chunk // by real path
	inline map[*yaml.Node]*chunk
}

// lay puts the padded files of the build into v.
func (l *loader) lay(v *view) *layout {
	lay := &layout{files: map[string][]*chunk{}, inline: map[*yaml.Node]*chunk{}}
	generators := false
	for _, k := range l.parsed {
		// The configuration of a generator may name any file as data.
		generators = generators || len(k.Generators) > 0
	}
	type file struct {
		path   string
		pieces []piece
	}
	var files []file
	for p, as := range l.used {
		if as&(asResource|asPatch) == 0 {
			continue
		}
		role := result.RoleResource
		if as&asResource == 0 {
			role = result.RolePatch
		}
		f := file{path: p, pieces: pieces(p, role, l.cache[p])}
		for i, p := range f.pieces {
			lay.files[f.path] = append(lay.files[f.path], p.chunk)
			// kyaml sees one separator in two that follow each other.
			doubled := i > 1 && f.pieces[i-1].text == ""
			if as&asOther == 0 && !generators && !doubled && movable(p.text) {
				lay.moved = append(lay.moved, p.chunk)
			}
		}
		files = append(files, f)
	}
	kusts := map[*kust][]*yaml.Node{}
	for _, k := range l.parsed {
		if l.rewritten(k) {
			kusts[k] = nil
		}
		for _, n := range k.inlinePatches() {
			at := k.span(n)
			c := newChunk(at.Path, at.Start.Line, result.RolePatch, n.Value)
			switch {
			case n.Line == 0: // the deployer's, which says where the text starts
			case n.Style&yaml.LiteralStyle != 0:
				c.line++
			default:
				c.fixed = true
			}
			lay.inline[n] = c
			if movable(c.text) {
				kusts[k] = append(kusts[k], n)
				lay.moved = append(lay.moved, c)
			}
		}
	}
	lay.assign()
	for _, f := range files {
		if data, moved := join(f.pieces); moved {
			v.add(f.path, data)
		}
	}
	for k, nodes := range kusts {
		if data, err := yaml.Marshal(lay.replaced(l.written(k), nodes)); err == nil {
			v.add(k.file, data)
		}
	}
	return lay
}

// assign chooses the starts: the smallest documents first, so that what stands
// before each is at most what the smaller ones have together.
func (lay *layout) assign() {
	slices.SortFunc(lay.moved, func(a, b *chunk) int {
		if a.lines != b.lines {
			return a.lines - b.lines
		}
		if a.path != b.path {
			return strings.Compare(a.path, b.path)
		}
		return a.line - b.line
	})
	next, spent := firstLine, 0
	for i, c := range lay.moved {
		if spent += next; spent > maxPadding {
			lay.moved = lay.moved[:i]
			break
		}
		c.start = next
		next += c.lines + 2
	}
}

// find is the scalar of a source that n, a node of the result, still has the
// position of; nil if it has none.
func (lay *layout) find(n *kyaml.Node) (*chunk, *yaml.Node) {
	i := sort.Search(len(lay.moved), func(i int) bool { return lay.moved[i].start >= n.Line }) - 1
	if i < 0 || n.Line > lay.moved[i].start+lay.moved[i].lines {
		return nil, nil
	}
	c := lay.moved[i]
	s := c.index().scalars[source.Pos{Line: n.Line - c.start, Col: n.Column}]
	if s == nil {
		return nil, nil
	}
	return c, s
}

// piece is a document of a file, with the lines before it that separate it.
type piece struct {
	before string
	*chunk
}

// pieces cuts a file where kyaml does.
func pieces(path string, role result.Role, data []byte) []piece {
	text := string(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
	var out []piece
	var before strings.Builder
	line, first, from, off := 1, 1, 0, 0
	flush := func(to int) {
		out = append(out, piece{before.String(), newChunk(path, first, role, text[from:to])})
		before.Reset()
	}
	for l := range strings.Lines(text) {
		if strings.HasPrefix(l, "---") && (off > 0 || separates(l)) {
			if off > 0 {
				flush(off)
			}
			before.WriteString(l)
			from, first = off+len(l), line+1
		}
		off += len(l)
		line++
	}
	flush(len(text))
	return out
}

func separates(line string) bool {
	rest := strings.TrimSpace(line[3:])
	return rest == "" || rest[0] == '#'
}

// movable reports whether blank lines before the document change nothing: it
// is a mapping, with no directive and no byte-order mark.
func movable(text string) bool {
	if strings.HasPrefix(text, "\ufeff") {
		return false
	}
	for l := range strings.Lines(text) {
		l = strings.TrimSpace(l)
		if l == "" || l[0] == '#' {
			continue
		}
		return !strings.ContainsRune("-[%", rune(l[0]))
	}
	return false
}

func join(pieces []piece) (data []byte, moved bool) {
	var b bytes.Buffer
	for i, p := range pieces {
		b.WriteString(p.before)
		if p.start > 0 {
			moved = true
			pad := p.start
			if i == 0 && p.before != "" { // kyaml counts the first line too
				pad--
			}
			b.WriteString(strings.Repeat("\n", pad))
		}
		b.WriteString(p.text)
	}
	return b.Bytes(), moved
}

// inlinePatches are the scalars of k that hold patches.
func (k *kust) inlinePatches() (out []*yaml.Node) {
	for _, field := range [...]string{"patches", "patchesStrategicMerge", "patchesJson6902"} {
		_, list := k.field(field)
		if list == nil || list.Kind != yaml.SequenceNode {
			continue
		}
		for _, it := range list.Content {
			if _, p := fieldOf(it, "patch"); p != nil {
				it = p
			}
			if it.Kind == yaml.ScalarNode && strings.Contains(it.Value, ":") {
				out = append(out, it)
			}
		}
	}
	return out
}

// replaced copies n with its patches padded. A patch is trimmed before it is
// read: a comment keeps its blank lines.
func (lay *layout) replaced(n *yaml.Node, patches []*yaml.Node) *yaml.Node {
	c := *n
	if slices.Contains(patches, n) && lay.inline[n].start > 0 {
		c.Value = "#" + strings.Repeat("\n", lay.inline[n].start) + n.Value
		c.Style = yaml.DoubleQuotedStyle
		return &c
	}
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, m := range n.Content {
		c.Content[i] = lay.replaced(m, patches)
	}
	return &c
}
