package kustomize

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// patch is a patch of a kustomization: documents, or operations on paths.
type patch struct {
	by     *kust
	target *types.Selector
	docs   []sourceDoc
}

func (k *kust) component() bool { return k.Kind == types.ComponentKind }

// patchesOf lists the patches of k, the last first.
func (t *tracer) patchesOf(k *kust) (out []patch) {
	inline := k.inlinePatches()
	add := func(text, path string, target *types.Selector) {
		var chunks []*chunk
		if path != "" {
			p, err := t.repo.Join(k.dir, path)
			if err != nil {
				return
			}
			real, err := t.resolve(p)
			if err != nil {
				return
			}
			if chunks = t.lay.files[real]; chunks == nil {
				chunks = []*chunk{newChunk(real, 1, result.RolePatch, string(t.cache[real]))}
				t.lay.files[real] = chunks
			}
		} else if i := slices.IndexFunc(inline, func(n *yaml.Node) bool { return n.Value == text }); i >= 0 {
			chunks = []*chunk{t.lay.inline[inline[i]]}
		}
		p := patch{by: k, target: target}
		for _, c := range chunks {
			switch root := c.index().root; {
			case root == nil:
			case root.Kind == yaml.SequenceNode:
				p.docs = append(p.docs, sourceDoc{c, root, true})
			default:
				for _, n := range items(root) {
					p.docs = append(p.docs, sourceDoc{c, n, false})
				}
			}
		}
		out = append(out, p)
	}
	for _, p := range k.Patches {
		add(p.Patch, p.Path, p.Target)
	}
	for _, p := range k.PatchesStrategicMerge {
		if strings.ContainsAny(string(p), "{\n") {
			add(string(p), "", nil)
		} else {
			add("", string(p), nil)
		}
	}
	for _, p := range k.PatchesJson6902 {
		add(p.Patch, p.Path, p.Target)
	}
	slices.Reverse(out)
	return out
}

// findSources lists the patches that change the object, and the resource that
// it is.
func (o *object) findSources() {
	for _, p := range o.patches {
		if !slices.Contains(o.kusts, p.by) {
			continue
		}
		for _, d := range p.docs {
			switch {
			case p.target != nil:
				if !o.selected(p.target) {
					continue
				}
			case d.ops, str(d.node, "kind") != o.kind:
				continue
			default:
				if n := str(d.node, "metadata", "name"); n != o.srcName && o.composed(n, o.name, o.all) == nil {
					continue
				}
			}
			o.sources = append(o.sources, d)
		}
	}
	if o.src != nil {
		o.sources = append(o.sources, sourceDoc{o.src.chunk, o.src.node, false})
	}
}

// selected reports whether a patch's target may be the object; selectors of
// labels and annotations are not looked at.
func (o *object) selected(s *types.Selector) bool {
	match := func(pattern string, names ...string) bool {
		if pattern == "" {
			return true
		}
		re, err := regexp.Compile("^(?:" + pattern + ")$")
		return err == nil && slices.ContainsFunc(names, re.MatchString)
	}
	if o.src != nil && o.srcName != "" {
		return match(s.Kind, o.kind) && match(s.Name, o.srcName, o.name)
	}
	return match(s.Kind, o.kind) && (match(s.Name, o.name) || slices.ContainsFunc(o.gens, func(g generator) bool { return match(s.Name, g.name) }))
}

// at follows path in a document. sure is false where an item of a list was
// found by its index alone.
func (d sourceDoc) at(path []step) (key, value *yaml.Node, sure bool) {
	if d.ops {
		return nil, nil, false
	}
	return follow(d.node, path)
}

func follow(n *yaml.Node, path []step) (key, value *yaml.Node, sure bool) {
	sure = true
	for _, s := range path {
		switch {
		case n == nil:
			return nil, nil, false
		case s.item == nil:
			key, n = entry(n, s.key)
		case n.Kind == yaml.SequenceNode:
			var certain bool
			key, certain = itemLike(n, s)
			n, sure = resolve(key), sure && certain
		default:
			return nil, nil, false
		}
	}
	return key, n, sure && n != nil
}

// itemLike finds the item of a list that became s: the one of the same name,
// or the one that is equal, or the one at the same index.
func itemLike(list *yaml.Node, s step) (it *yaml.Node, sure bool) {
	if s.item.Kind == yaml.MappingNode {
		for _, key := range [...]string{"name", "mountPath", "containerPort", "port", "key", "host", "ip", "topologyKey"} {
			want := str(s.item, key)
			if want == "" {
				continue
			}
			var found []*yaml.Node
			for _, c := range list.Content {
				if str(resolve(c), key) == want {
					found = append(found, c)
				}
			}
			if len(found) == 1 {
				return found[0], true
			}
			if key == "name" && len(found) == 0 {
				return nil, false
			}
		}
	}
	var same []*yaml.Node
	for _, c := range list.Content {
		if equal(resolve(c), s.item) {
			same = append(same, c)
		}
	}
	if len(same) == 1 {
		return same[0], true
	}
	if s.index < len(list.Content) {
		return list.Content[s.index], false
	}
	return nil, false
}

// operation finds the operation of a JSON patch that gave the scalar n.
func (o *object) operation(n *yaml.Node, path []step) (l srcmap.Line, ok bool) {
	for _, d := range o.sources {
		if !d.ops {
			continue
		}
		for _, op := range slices.Backward(d.node.Content) {
			op = resolve(op)
			value := child(op, "value")
			rest, under := below(str(op, "path"), path)
			if value == nil || !under {
				continue
			}
			_, v, sure := follow(value, rest)
			if v == nil || v.Kind != yaml.ScalarNode || v.Value != n.Value {
				continue
			}
			if ok {
				l.Exact = false // either may have given it
				return l, ok
			}
			l, ok = one(sure, d.origin(v.Line)), true
		}
	}
	return l, ok
}

// below reports whether path lies at or below a JSON pointer, and what is left
// of it.
func below(pointer string, path []step) (rest []step, ok bool) {
	if pointer == "" {
		return path, true
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for p := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if len(path) == 0 {
			return nil, false
		}
		s := path[0]
		path = path[1:]
		if s.item == nil && s.key != unescape.Replace(p) || s.item != nil && p != "-" && p != strconv.Itoa(s.index) {
			return nil, false
		}
	}
	return path, true
}
