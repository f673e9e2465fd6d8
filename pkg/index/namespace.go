package index

import "github.com/kustoms-dev/kustoms/pkg/manifest"

// NamespaceName is the label that every namespace has, with its name.
const NamespaceName = "kubernetes.io/metadata.name"

// MatchesNamespace reports whether a label selector selects the namespace.
// Where the namespace is not rendered nobody knows its labels but its name's,
// and expressions on others count as met.
func (x *Index) MatchesNamespace(selector manifest.Place, name string) bool {
	ns := x.NamespaceObject(name)
	get := func(key string) (string, bool) {
		if key == NamespaceName {
			return name, true
		}
		if ns == nil {
			return "", false
		}
		return labelsOf(ns.Labels())(key)
	}
	return MatchLabels(selector, get, func(string) bool { return ns != nil })
}

// NamespaceObject is the rendered Namespace of the name, or nil.
func (x *Index) NamespaceObject(name string) *manifest.Object {
	for _, o := range x.Kind("", "Namespace") {
		if o.Key.Name == name {
			return o
		}
	}
	return nil
}
