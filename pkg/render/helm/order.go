package helm

import (
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	helmyaml "sigs.k8s.io/yaml"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// entry is one document of the output.
type entry struct {
	file string // template that printed it
	chunk
	doc  *manifest.Document // parsed where it could be
	head head
}

// head is what decides a document's place in the output.
type head struct {
	kind   string
	hook   bool
	test   bool // a hook of the event "test"
	hidden bool // a hook of an unknown event, which Helm leaves out
}

// ordered gives the documents in the order in which Helm's
// releaseutil.SortManifests puts them: what is installed by kind, and hooks by
// kind. It does the same and no more, but cuts each file without a regular
// expression and reads a document's head from the nodes that the rules need
// anyhow: together these took a third of a chart's rendering. A test compares
// both over every kind of document.
func ordered(plain map[string]string, parse func(file string, c chunk) *manifest.Document) (manifests, hooks []*entry, err error) {
	for _, name := range slices.Sorted(maps.Keys(plain)) {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		for _, c := range chunks(plain[name]) {
			e := &entry{file: name, chunk: c, doc: parse(name, c)}
			if e.head, err = headOf(e.doc, c.text); err != nil {
				return nil, nil, &sortError{name, e, err}
			}
			switch {
			case e.head.hidden:
			case e.head.hook:
				hooks = append(hooks, e)
			default:
				manifests = append(manifests, e)
			}
		}
	}
	rank := make(map[string]int, len(releaseutil.InstallOrder))
	for i, k := range releaseutil.InstallOrder {
		rank[k] = i
	}
	byKind := func(a, b *entry) int {
		ra, aok := rank[a.head.kind]
		rb, bok := rank[b.head.kind]
		switch {
		case aok && bok:
			return ra - rb
		case aok:
			return -1
		case bok:
			return 1
		}
		return strings.Compare(a.head.kind, b.head.kind)
	}
	slices.SortStableFunc(manifests, byKind)
	slices.SortStableFunc(hooks, byKind)
	return manifests, hooks, nil
}

// sortError is a document that Helm cannot put in order.
type sortError struct {
	file  string
	entry *entry
	err   error
}

func (e *sortError) Error() string { return fmt.Sprintf("YAML parse error on %s: %v", e.file, e.err) }
func (e *sortError) Unwrap() error { return e.err }

// headOf reads a document's head from its nodes where these leave no doubt of
// what Helm's decoder, of YAML 1.1 and by way of JSON, would make of it, and
// otherwise with that decoder.
func headOf(doc *manifest.Document, text string) (head, error) {
	var h releaseutil.SimpleHead
	if doc == nil || doc.Node == nil || !plainHead(doc.Node, &h) {
		h = releaseutil.SimpleHead{}
		if err := helmyaml.Unmarshal([]byte(text), &h); err != nil {
			return head{}, err
		}
	}
	out := head{kind: h.Kind}
	if h.Metadata == nil {
		return out, nil
	}
	events, ok := h.Metadata.Annotations[release.HookAnnotation]
	if !ok {
		return out, nil
	}
	out.hook = true
	for _, e := range strings.Split(events, ",") {
		switch e := strings.ToLower(strings.TrimSpace(e)); {
		case e == "test" || e == "test-success":
			out.test = true
		case !slices.Contains(hookEvents, e):
			out.hidden = true
		}
	}
	return out, nil
}

var hookEvents = []string{
	string(release.HookPreInstall), string(release.HookPostInstall), string(release.HookPreDelete), string(release.HookPostDelete),
	string(release.HookPreUpgrade), string(release.HookPostUpgrade), string(release.HookPreRollback), string(release.HookPostRollback),
}

// plainHead fills h from a document that says the same in YAML 1.1 and 1.2 and
// in JSON; it reports false for any other.
func plainHead(n *yaml.Node, h *releaseutil.SimpleHead) bool {
	if n.Kind != yaml.MappingNode || !plainTree(n) {
		return false
	}
	var meta *yaml.Node
	for key, v := range entries(n) {
		switch {
		case key == "kind":
			if h.Kind = v.Value; !plainString(v) {
				return false
			}
		case key == "apiVersion":
			if h.Version = v.Value; !plainString(v) {
				return false
			}
		case key == "metadata":
			meta = v
		// JSON's decoder matches keys in any case.
		case strings.EqualFold(key, "kind"), strings.EqualFold(key, "apiVersion"), strings.EqualFold(key, "metadata"):
			return false
		}
	}
	if meta == nil {
		return true
	}
	if meta.Kind != yaml.MappingNode {
		return false
	}
	h.Metadata = new(struct {
		Name        string            `json:"name"`
		Annotations map[string]string `json:"annotations"`
	})
	for key, v := range entries(meta) {
		switch {
		case key == "name":
			if h.Metadata.Name = v.Value; !plainString(v) {
				return false
			}
		case key == "annotations":
			if v.Kind != yaml.MappingNode {
				return false
			}
			h.Metadata.Annotations = map[string]string{}
			for k, a := range entries(v) {
				if !plainString(a) {
					return false
				}
				h.Metadata.Annotations[k] = a.Value
			}
		case strings.EqualFold(key, "name"), strings.EqualFold(key, "annotations"):
			return false
		}
	}
	return true
}

func entries(n *yaml.Node) func(func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

// plainTree reports whether nothing in the tree can make Helm's decoder fail:
// no anchors, merges or tags, no number without a JSON form, no odd key.
func plainTree(n *yaml.Node) bool {
	if n.Anchor != "" || n.Kind == yaml.AliasNode || n.Style&yaml.TaggedStyle != 0 {
		return false
	}
	if n.Kind == yaml.ScalarNode {
		switch n.Tag {
		case "!!str", "!!int", "!!bool", "!!null", "!!timestamp":
			return true
		case "!!float":
			f, err := strconv.ParseFloat(n.Value, 64)
			return err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
		}
		return false
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && (c.Kind != yaml.ScalarNode || c.Tag != "!!str") {
			return false
		}
		if !plainTree(c) {
			return false
		}
	}
	return true
}

// plainString reports whether n is a string in every version of YAML: quoted,
// or nothing that looks like a number, a date or a word for a truth value.
func plainString(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		return false
	}
	if n.Style != 0 {
		return true
	}
	v := n.Value
	if v == "" {
		return false
	}
	switch c := v[0]; {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '/', c == '*', c == '$', c == '(', c == '_':
	default:
		// 8080:80 is a number to base 60, 1.2.3 is not; the rest is not worth
		// telling apart.
		return c >= '0' && c <= '9' && strings.Count(v, ".") > 1 && !strings.ContainsAny(v, ":_")
	}
	switch strings.ToLower(v) {
	case "y", "yes", "n", "no", "on", "off", "true", "false", "null":
		return false
	}
	return true
}
