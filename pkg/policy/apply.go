package policy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/schema"
)

// applied is what holds for one target.
type applied struct {
	policies []*bound
	origins  []*origin // nearest first
	// unclear are objects of which equally near targets render different ones:
	// none is taken.
	unclear []string
	faults  []Fault // of what the target itself renders
	unbound []*Definition
}

// bound is a policy with its bindings.
type bound struct {
	*Definition
	bindings []*Binding
}

// near orders the origins of a name for a target: what is configured, what the
// target renders itself, then by how much of the path they share.
func near(og *origin, t *result.Target) int {
	switch {
	case og.configured:
		return 1 << 20
	case og.target == t.Name:
		return 1 << 19
	}
	n := 0
	a, b := strings.Split(og.path, "/"), strings.Split(t.Path, "/")
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// For is what holds for the target. Policies live in no namespace and rule a
// whole cluster, so one that any target renders is taken to rule all of them.
// Where several targets render the same one, for several clusters, the nearest
// is meant.
func (s *Set) For(t *result.Target) *applied {
	a := &applied{}
	for _, og := range s.origins {
		if og.only == nil || og.only(t.Name) {
			a.origins = append(a.origins, og)
		}
	}
	slices.SortStableFunc(a.origins, func(x, y *origin) int { return cmp.Compare(near(y, t), near(x, t)) })
	policies := map[string]*bound{}
	taken := map[string]pick{}
	for _, og := range a.origins {
		if og.target == t.Name {
			a.faults = append(a.faults, og.faults...)
		}
		for _, d := range og.policies {
			if a.take(taken, d.Object, "policy "+d.Name, og, near(og, t), d.short) {
				policies[d.Name] = &bound{Definition: d}
				a.policies = append(a.policies, policies[d.Name])
			}
		}
	}
	for _, og := range a.origins {
		for _, b := range og.bindings {
			if !a.take(taken, b.Object, "binding "+b.Name, og, near(og, t), false) {
				continue
			}
			if p := policies[b.Policy]; p != nil && p.Mutates() == b.mutates {
				p.bindings = append(p.bindings, b)
			}
		}
	}
	a.policies = slices.DeleteFunc(a.policies, func(b *bound) bool {
		b.bindings = slices.DeleteFunc(b.bindings, func(x *Binding) bool { return slices.Contains(a.unclear, "binding "+x.Name) })
		if slices.Contains(a.unclear, "policy "+b.Name) {
			return true
		}
		slices.SortFunc(b.bindings, func(x, y *Binding) int { return strings.Compare(x.Name, y.Name) })
		if len(b.bindings) > 0 {
			return false
		}
		if b.short || taken["policy "+b.Name].configured && !b.Mutates() && b.ParamKind.Kind == "" {
			b.bindings = []*Binding{everywhere(b.Definition)}
			return false
		}
		if og := taken["policy "+b.Name]; og.configured || og.target == t.Name {
			a.unbound = append(a.unbound, b.Definition)
		}
		return true
	})
	slices.SortFunc(a.policies, func(x, y *bound) int { return strings.Compare(x.Name, y.Name) })
	return a
}

// pick is the origin that an object was taken from.
type pick struct {
	*origin
	near   int
	object *manifest.Object
}

// take decides on one object; those that come first are nearest.
func (a *applied) take(taken map[string]pick, o *manifest.Object, name string, og *origin, near int, short bool) bool {
	before, ok := taken[name]
	if !ok {
		taken[name] = pick{og, near, o}
		return true
	}
	if before.near == near && !before.configured && !short && !slices.Contains(a.unclear, name) && !same(before.object, o) {
		a.unclear = append(a.unclear, name)
	}
	return false
}

func same(a, b *manifest.Object) bool {
	x, err1 := json.Marshal(schema.Value(a.Root()))
	y, err2 := json.Marshal(schema.Value(b.Root()))
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

// named are objects of a kind that the origins, or the repository's files,
// hold: the nearest of a name first.
func (s *Set) named(a *applied, apiVersion, kind string) (out []*manifest.Object) {
	for _, og := range a.origins {
		for _, o := range og.objects {
			if o.Key.APIVersion == apiVersion && o.Key.Kind == kind {
				out = append(out, o)
			}
		}
	}
	if kind == "Namespace" {
		return out
	}
	for _, o := range s.files {
		if o.Key.APIVersion == apiVersion && o.Key.Kind == kind {
			out = append(out, o)
		}
	}
	return out
}
