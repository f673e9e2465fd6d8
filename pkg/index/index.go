// Package index is the frozen view of one target: every object of one render,
// with the look-ups that rules and analyses share. It is built once, then only
// read, so any number of analyzers may use it at once.
package index

import (
	"cmp"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/schema"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Index holds the objects of one target in order of rendering.
type Index struct {
	Target    result.Target
	Documents []*manifest.Document
	Objects   []*manifest.Object

	// Repo and Files are set for the target of kind "files" only: the
	// repository's own files, for analyzers that read text.
	Repo  *source.Repo
	Files []string

	// Custom are the custom resources that the repository defines, whichever
	// target deploys the definitions. May be nil.
	Custom *schema.Definitions

	byKind map[groupKind][]*manifest.Object
	byKey  map[objectKey]*manifest.Object

	bindings map[accountKey][]*manifest.Object
	pods     map[string][]manifest.Pod // that run, by namespace

	schemas func() *schema.Set
	shared  sync.Map // key → func() any
}

type groupKind struct{ group, kind string }

type objectKey struct {
	groupKind
	namespace, name string
}

// New builds the index of a target's documents, which must be parsed.
func New(t result.Target, docs []*manifest.Document) *Index {
	x := &Index{
		Target: t, Documents: docs,
		byKind: map[groupKind][]*manifest.Object{},
		byKey:  map[objectKey]*manifest.Object{},

		bindings: map[accountKey][]*manifest.Object{},
		pods:     map[string][]manifest.Pod{},
	}
	for _, d := range docs {
		for _, o := range d.Objects() {
			x.Objects = append(x.Objects, o)
			group, kind := o.GroupKind()
			gk := groupKind{group, kind}
			x.byKind[gk] = append(x.byKind[gk], o)
			x.byKey[objectKey{gk, x.Namespace(o), o.Key.Name}] = o
			if pod, ok := o.Pod(); ok && !o.Is("", "PodTemplate") {
				x.pods[x.Namespace(o)] = append(x.pods[x.Namespace(o)], pod)
			}
		}
	}
	x.indexBindings()
	x.schemas = sync.OnceValue(func() *schema.Set {
		return schema.NewSet(x.Version().Minor, schema.Define(x.Objects), x.Custom)
	})
	return x
}

// Schemas is what an API server of the target's version knows of its objects.
// The target's own definitions of custom resources win over the repository's.
func (x *Index) Schemas() *schema.Set { return x.schemas() }

// Shared is what build makes of the index, made once for each key, whoever asks
// first: how analyses of several analyzers are one. The key is a value of a
// type of the caller's own.
func (x *Index) Shared(key any, build func() any) any {
	once, ok := x.shared.Load(key)
	if !ok {
		once, _ = x.shared.LoadOrStore(key, sync.OnceValue(build))
	}
	return once.(func() any)()
}

// Kind lists the objects of a kind in an API group ("" is the core group), in
// any version.
func (x *Index) Kind(group, kind string) []*manifest.Object {
	return x.byKind[groupKind{group, kind}]
}

// Get finds an object; namespace as Namespace gives it.
func (x *Index) Get(group, kind, namespace, name string) *manifest.Object {
	return x.byKey[objectKey{groupKind{group, kind}, namespace, name}]
}

// Namespace is where the object will live: its own, or else the target's, or
// else "default". Cluster-scoped objects get one too, harmlessly.
func (x *Index) Namespace(o *manifest.Object) string {
	if o.Key.Namespace != "" {
		return o.Key.Namespace
	}
	if h := x.Target.Helm; h != nil && h.Namespace != "" {
		return h.Namespace
	}
	return cmp.Or(x.Target.Namespace, "default")
}

// NamespaceKnown reports whether the object or its target says where it goes.
func (x *Index) NamespaceKnown(o *manifest.Object) bool {
	h := x.Target.Helm
	return o.Key.Namespace != "" || x.Target.Namespace != "" || h != nil && h.Namespace != ""
}

// Pods lists the pod templates of the target.
func (x *Index) Pods() []manifest.Pod {
	var out []manifest.Pod
	for _, o := range x.Objects {
		if p, ok := o.Pod(); ok {
			out = append(out, p)
		}
	}
	return out
}
