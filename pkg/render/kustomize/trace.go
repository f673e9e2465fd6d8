package kustomize

import (
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// tracer leads the scalars of a build's result home. It asks, in this order:
// the position that the node still has; what a kustomization's field would
// have put there; the same field of the documents that make up the object. An
// origin is exact only if it gives the very value.
type tracer struct {
	*loader
	lay     *layout
	patches []patch  // outermost first, the last of a kustomization first
	owners  []listed // documents that are resources, with who lists them
	once    sync.Once
}

// listed is an object written in a resource file.
type listed struct {
	*chunk
	node *yaml.Node
	by   *kust
}

// step is one step of a field path: a key, or the index of an item.
type step struct {
	key   string
	index int
	item  *yaml.Node // the item, in the result
}

func newTracer(l *loader, lay *layout) *tracer { return &tracer{loader: l, lay: lay} }

// object is one object of the result.
type object struct {
	*tracer
	kind, name string
	src        *listed // nil: generated
	srcName    string
	sources    []sourceDoc // where its fields may be written, the last applied first
	kusts      []*kust     // that change it, the outermost first
	gens       []generator
	lines      []srcmap.Line
}

// sourceDoc is a document that describes the object, or operations on it.
type sourceDoc struct {
	*chunk
	node *yaml.Node
	ops  bool
}

// document traces one document of the output, given the node it was printed
// from.
func (t *tracer) document(text []byte, node *kyaml.Node) []srcmap.Line {
	d := manifest.Document{Text: text}
	if d.Parse() != nil || d.Node == nil {
		return nil
	}
	o := &object{tracer: t, kind: str(d.Node, "kind"), name: str(d.Node, "metadata", "name")}
	o.lines = make([]srcmap.Line, strings.Count(string(text), "\n")+1)
	o.identify(node)
	var top srcmap.Line
	switch {
	case o.src != nil:
		top.Chain = []result.Origin{o.src.origin(o.src.node.Line)}
	case len(o.gens) > 0:
		top.Chain = []result.Origin{o.gens[0].origin()}
	default: // a plugin made it
		top.Chain = []result.Origin{{Span: source.LineSpan(t.all[0].file, 1), Role: result.RoleKustomization}}
	}
	o.walk(d.Node, node, nil, top)
	last := top
	for i := range o.lines {
		if o.lines[i].Chain == nil {
			o.lines[i] = last
		}
		last = o.lines[i]
		last.Exact = false
	}
	for i := range o.lines {
		o.lines[i] = t.home(o.lines[i])
	}
	return o.lines
}

// identify finds the document that the object is written in.
func (o *object) identify(node *kyaml.Node) {
	votes := map[*chunk]int{}
	var best *chunk
	var count func(n *kyaml.Node)
	count = func(n *kyaml.Node) {
		if n.Kind == kyaml.ScalarNode {
			if c, s := o.lay.find(n); c != nil && s.Value == n.Value && c.role == result.RoleResource {
				if votes[c]++; best == nil || votes[c] > votes[best] {
					best = c
				}
			}
		}
		for _, c := range n.Content {
			count(c)
		}
	}
	count(node)
	o.once.Do(o.prepare)
	var fits []listed
	for _, r := range o.owners {
		name := str(r.node, "metadata", "name")
		if best == nil && str(r.node, "kind") == o.kind && o.composed(name, o.name, o.all) != nil || best != nil && r.chunk == best {
			fits = append(fits, r)
		}
	}
	slices.SortStableFunc(fits, func(a, b listed) int { return o.fit(b.node) - o.fit(a.node) })
	if len(fits) > 0 {
		o.src = &fits[0]
		o.srcName = str(o.src.node, "metadata", "name")
		for _, f := range fits {
			if f.chunk == o.src.chunk {
				o.affect(f.by)
			}
		}
		o.findSources()
		return
	}
	o.findGenerators()
	for _, g := range o.gens {
		o.affect(g.kust)
	}
	o.findSources()
}

// fit says how well a source's identity is the object's: the longer the name
// that was kept, the better.
func (o *object) fit(n *yaml.Node) int {
	f := 0
	name := str(n, "metadata", "name")
	if str(n, "kind") == o.kind {
		f = 1000
	}
	if strings.Contains(o.name, name) {
		f += len(name)
	}
	return f
}

// prepare lists the resources and patches of the build.
func (t *tracer) prepare() {
	for _, k := range t.all {
		for _, f := range k.files {
			real, err := t.resolve(f)
			if err != nil || k.config {
				continue
			}
			for _, c := range t.lay.files[real] {
				for _, n := range items(c.index().root) {
					t.owners = append(t.owners, listed{c, n, k})
				}
			}
		}
		t.patches = append(t.patches, t.patchesOf(k)...)
	}
}

// items are the objects of a document: the items of a list stand for it.
func items(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	if list := child(n, "items"); list != nil && list.Kind == yaml.SequenceNode && strings.HasSuffix(str(n, "kind"), "List") {
		var out []*yaml.Node
		for _, it := range list.Content {
			out = append(out, items(resolve(it))...)
		}
		return out
	}
	return []*yaml.Node{n}
}

// affect adds the kustomizations that change what k lists: k, those that lead
// to it, and the components of them.
func (o *object) affect(k *kust) {
	var way []*kust
	for a := range k.chain {
		way = append(way, a)
	}
	var add func(k *kust)
	add = func(k *kust) {
		if slices.Contains(o.kusts, k) {
			return
		}
		o.kusts = append(o.kusts, k)
		for _, s := range slices.Backward(k.subs) {
			if s.component() {
				add(s)
			}
		}
	}
	for _, a := range slices.Backward(way) {
		add(a)
	}
}

// walk traces n, printed from the node k of the result. near is what to say
// where nothing better is known.
func (o *object) walk(n *yaml.Node, k *kyaml.Node, path []step, near srcmap.Line) {
	near.Exact = false
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, val := n.Content[i], n.Content[i+1]
			var kk, kv *kyaml.Node
			if k != nil && k.Kind == kyaml.MappingNode {
				for j := 0; j+1 < len(k.Content); j += 2 {
					if k.Content[j].Value == key.Value {
						kk, kv = k.Content[j], k.Content[j+1]
					}
				}
			}
			p := append(path[:len(path):len(path)], step{key: key.Value})
			at := near
			if l, ok := o.key(kk, p); ok {
				at = l
			}
			if val.Kind == yaml.ScalarNode || len(val.Content) == 0 {
				o.scalar(val, kk, kv, p, at)
				if val.Line != key.Line {
					o.set(key.Line, at)
				}
				continue
			}
			o.set(key.Line, at)
			o.walk(val, kv, p, at)
		}
	case yaml.SequenceNode:
		for i, it := range n.Content {
			var kv *kyaml.Node
			if k != nil && k.Kind == kyaml.SequenceNode && i < len(k.Content) {
				kv = k.Content[i]
			}
			p := append(path[:len(path):len(path)], step{index: i, item: it})
			if it.Kind == yaml.ScalarNode || len(it.Content) == 0 {
				o.scalar(it, nil, kv, p, near)
				continue
			}
			o.walk(it, kv, p, near)
		}
	}
}

func (o *object) set(line int, l srcmap.Line) {
	if line >= 1 && line <= len(o.lines) && o.lines[line-1].Chain == nil {
		o.lines[line-1] = l
	}
}

// key traces a mapping's key.
func (o *object) key(k *kyaml.Node, path []step) (srcmap.Line, bool) {
	if k != nil {
		if c, s := o.lay.find(k); c != nil && s.Value == k.Value {
			return one(true, c.origin(s.Line)), true
		}
	}
	for _, d := range o.sources {
		if key, _, _ := d.at(path); key != nil {
			return one(false, d.origin(key.Line)), true
		}
	}
	return srcmap.Line{}, false
}

func one(exact bool, os ...result.Origin) srcmap.Line { return srcmap.Line{Chain: os, Exact: exact} }

// scalar traces the scalar n, printed from v under the key k.
func (o *object) scalar(n *yaml.Node, k, v *kyaml.Node, path []step, near srcmap.Line) {
	var c *chunk
	var s *yaml.Node
	if v != nil && v.Line > 0 {
		if c, s = o.lay.find(v); s != nil && s.Value == v.Value {
			if c.role == result.RolePatch && o.src != nil && identity(path) {
				// A patch repeats it to say what it changes.
				if _, own, sure := follow(o.src.node, path); sure && own.Kind == yaml.ScalarNode && own.Value == s.Value {
					c, s = o.src.chunk, own
				}
			}
			o.block(n, c, s, one(true, c.origin(s.Line)))
			return
		}
	}
	named := o.src != nil && len(path) == 2 && path[0].key == "metadata" && path[1].key == "name"
	if named { // a patch repeats it
		c, s = o.src.chunk, child(child(o.src.node, "metadata"), "name")
	}
	if s == nil && k != nil {
		if kc, key := o.lay.find(k); kc != nil {
			if val := kc.index().valueOf(key); val != nil && val.Kind == yaml.ScalarNode {
				c, s = kc, val
			}
		}
	}
	if l, ok := o.operation(n, path); ok {
		o.set(n.Line, l)
		return
	}
	if l, ok := o.explain(n, c, s, path); ok {
		if len(l) == 1 {
			o.set(n.Line, l[0])
			return
		}
		for i := range l {
			o.set(n.Line+i, l[i])
		}
		return
	}
	// The same field of a document that describes the object, with the same
	// value: the one applied last.
	if o.src != nil && identity(path) {
		if _, own, sure := follow(o.src.node, path); sure && own.Value == n.Value {
			o.set(n.Line, one(true, o.src.origin(own.Line)))
			return
		}
	}
	equal := 0
	var found *sourceDoc
	var at *yaml.Node
	sure := true
	for i := range o.sources {
		_, val, certain := o.sources[i].at(path)
		if val == nil || val.Kind != yaml.ScalarNode {
			continue
		}
		if s == nil {
			c, s = o.sources[i].chunk, val
		}
		if val.Value == n.Value {
			if equal++; found == nil {
				found, at, sure = &o.sources[i], val, certain
			}
		}
	}
	if found != nil {
		o.block(n, found.chunk, at, one(equal == 1 && sure, found.origin(at.Line)))
		return
	}
	if s != nil {
		if parts := o.composed(s.Value, n.Value, o.all); parts != nil {
			o.set(n.Line, one(true, append([]result.Origin{c.origin(s.Line)}, parts...)...))
			return
		}
		o.set(n.Line, one(substituted(s.Value, n.Value), c.origin(s.Line)))
		return
	}
	o.set(n.Line, near)
}

// identity reports whether the field at path says which object, or which item
// of a list, its parent is.
func identity(path []step) bool {
	last := path[len(path)-1]
	if len(path) == 1 {
		return last.key == "kind" || last.key == "apiVersion"
	}
	return last.key == "name" && path[len(path)-2].item != nil
}

// block sets the line of the scalar n, and of each line of its text if both it
// and its source s stand in as many lines.
func (o *object) block(n *yaml.Node, c *chunk, s *yaml.Node, l srcmap.Line) {
	o.set(n.Line, l)
	if n.Style&yaml.LiteralStyle == 0 {
		return
	}
	for i := range strings.Count(strings.TrimSuffix(n.Value, "\n"), "\n") + 1 {
		m := l
		if s.Style&yaml.LiteralStyle != 0 {
			m = one(l.Exact, c.origin(s.Line+1+i))
		}
		o.set(n.Line+1+i, m)
	}
}

// valueOf is the value that stands under a key.
func (x *indexed) valueOf(key *yaml.Node) *yaml.Node {
	var find func(n *yaml.Node) *yaml.Node
	find = func(n *yaml.Node) *yaml.Node {
		for i, c := range n.Content {
			if c == key && n.Kind == yaml.MappingNode && i%2 == 0 {
				return resolve(n.Content[i+1])
			}
			if v := find(c); v != nil {
				return v
			}
		}
		return nil
	}
	if x.root == nil {
		return nil
	}
	return find(x.root)
}

// lineOf is the line of a field of k, as an origin.
func (k *kust) lineOf(n *yaml.Node, role result.Role, key string) result.Origin {
	return result.Origin{Span: k.span(n), Role: role, Key: key}
}

// span is the line of a node of k: in its file, or of the deployer's object.
func (k *kust) span(n *yaml.Node) source.Span {
	if n.Line > 0 || k.edited == nil {
		return source.LineSpan(k.file, n.Line)
	}
	if at, ok := k.edited.placed[n]; ok && at.Start.Line > 0 {
		return at
	}
	if k.edited.at.Start.Line > 0 {
		return k.edited.at
	}
	return source.LineSpan(k.file, 1)
}
