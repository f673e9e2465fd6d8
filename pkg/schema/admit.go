package schema

import (
	"reflect"

	"github.com/kustoms-dev/kustoms/pkg/cel"
)

// Resource is a kind's name in URLs: "deployments".
func (s *Set) Resource(apiVersion, name string) string {
	for _, d := range s.crds {
		if d == nil {
			continue
		}
		if r := d.resources[kind{apiVersion, name}]; r != "" {
			return r
		}
	}
	return cel.Plural(name)
}

// SameFields reports whether two versions of a kind have the same fields, so
// that an object of one becomes one of the other by its apiVersion alone. For
// custom resources that is so unless a webhook converts them.
func (s *Set) SameFields(name, apiVersion, other string) bool {
	for _, d := range s.crds {
		if d != nil && d.kinds[kind{apiVersion, name}] != nil && d.kinds[kind{other, name}] != nil {
			return !d.webhooks[kind{other, name}]
		}
	}
	a, b := s.Of(apiVersion, name), s.Of(other, name)
	return a != nil && b != nil && a.Custom == nil && b.Custom == nil && s.equal(a.Schema, b.Schema, 0)
}

// equal compares two schemas with their references followed.
func (s *Set) equal(a, b *Schema, depth int) bool {
	if a == nil || b == nil || depth > 40 {
		return a == b || depth > 40
	}
	if a.Ref != "" && a.Ref == b.Ref {
		return true
	}
	a, b = s.resolve(a), s.resolve(b)
	if a == nil || b == nil || a.Type != b.Type || a.Format != b.Format || len(a.Props) != len(b.Props) || !reflect.DeepEqual(a.Keys, b.Keys) {
		return a == b
	}
	for name, p := range a.Props {
		if q := b.Props[name]; q == nil || !s.equal(p, q, depth+1) {
			return false
		}
	}
	return s.equal(a.Items, b.Items, depth+1) && s.equal(a.Values, b.Values, depth+1)
}

// Default fills in what an API server does before an object is admitted. The
// object, as Value gives it, is changed.
func (s *Set) Default(object map[string]any) {
	apiVersion, _ := object["apiVersion"].(string)
	name, _ := object["kind"].(string)
	for _, d := range s.crds {
		if d == nil {
			continue
		}
		if l := d.kinds[kind{apiVersion, name}]; l != nil {
			if root := l.get(); root != nil && root.defaults != nil {
				root.defaults.Fill(object)
			}
			return
		}
	}
	defaultBuiltin(apiVersion, name, object)
}
