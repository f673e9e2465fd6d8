package manifest

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// Document is one rendered YAML document. It is immutable once parsed.
type Document struct {
	Target string      // name of the target that rendered it
	Path   string      // repository file that printed it
	Text   []byte      // its bytes, without the separator
	Line   int         // line of Text[0] in the target's whole output, 1-based
	Node   *yaml.Node  // the document's content, positions relative to Text
	Map    *srcmap.Map // Text's lines → source lines
	Notes  []Note      // what the parser saw that an API server would not
	// Written is, for a document that the renderer may have renamed, the name
	// that its source has, before prefixes, suffixes and hashes; nil for others.
	Written func() string
}

// Note is something about a document's text that its nodes cannot show: a key
// written twice, for instance.
type Note struct {
	Kind  string // NoteDuplicateKey
	Node  *yaml.Node
	First *yaml.Node // what Node repeats
}

// Object is one Kubernetes object: a document's content, or an item of a List.
type Object struct {
	Key  result.Key
	Doc  *Document
	Node *yaml.Node

	kind groupKind // that it means
	pod  *Pod      // nil if the object has no pod template
}

// Fingerprint identifies a problem of the object across edits; see
// result.Fingerprint. at is where it is edited. What a kustomization renames is
// known by the name in its source, and by the directory of the fault: one more
// overlay, another prefix or a content hash makes no other problem, and equal
// names of two bases are not one.
func (o *Object) Fingerprint(rule, stable, evidence string, at source.Span) string {
	key := o.Key
	if o.Doc != nil && o.Doc.Written != nil {
		key.Name, key.Namespace = o.Doc.Written(), ""
		evidence += "\x00" + path.Dir(at.Path)
	}
	return result.Fingerprint(rule, key, stable, evidence)
}

// Root is the whole object.
func (o *Object) Root() Place { return Place{obj: o, node: o.Node, anchor: o.Node} }

// At descends from the root: strings name fields, ints index lists.
func (o *Object) At(path ...any) Place { return o.Root().At(path...) }

// PlaceOf is a place for a bare node of the object, with the path given.
func (o *Object) PlaceOf(n *yaml.Node, path string) Place {
	return Place{obj: o, node: n, anchor: n, step: &step{name: path, index: isPath}}
}

// Labels and Annotations of the object itself.
func (o *Object) Labels() Place { return o.At("metadata", "labels") }

// Annotations of the object itself.
func (o *Object) Annotations() Place { return o.At("metadata", "annotations") }

// GroupKind is the object's API group and kind, whatever its version. Where
// Key has one of Kubernetes' own kinds in a wrong or former group of
// Kubernetes, or in the wrong case, it is the kind that is meant.
func (o *Object) GroupKind() (group, kind string) { return o.kind.group, o.kind.kind }

// Is reports whether GroupKind is one of the kinds in the API group.
func (o *Object) Is(group string, kinds ...string) bool {
	return o.kind.group == group && slices.Contains(kinds, o.kind.kind)
}

// String names the object in messages: deployment "shop/api", or without the
// namespace where none is written.
func (o *Object) String() string {
	return strings.ToLower(o.Key.Kind) + " " + quoteKey(o.Key.Namespace, o.Key.Name)
}

func quoteKey(namespace, name string) string {
	if namespace != "" {
		name = namespace + "/" + name
	}
	return strconv.Quote(name)
}
