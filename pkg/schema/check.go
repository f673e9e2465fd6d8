package schema

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/internal/suggest"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Reason says what is wrong with a field.
type Reason int

// The reasons.
const (
	Unknown   Reason = iota // the kind has no such field
	Missing                 // a required field is absent
	Type                    // the value is of another type
	Invalid                 // the value is none of those allowed
	Duplicate               // two items of a list have one key
)

// Problem is one field that the API server refuses, drops or changes.
type Problem struct {
	At      manifest.Place
	Reason  Reason
	Message string // what is wrong, without the object's name
	Fix     string
}

// maxProblems bounds what is told of one object.
const maxProblems = 50

// objectMeta is the definition of every object's metadata.
const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

// Check checks an object by the schema of its kind.
func (s *Set) Check(o *manifest.Object, root *Root) []Problem {
	c := &checker{set: s}
	if root.Custom == nil {
		c.value(o.Root(), root.Schema)
		return c.problems
	}
	c.embedded(o.Root(), root.Schema)
	c.rules(o, root)
	return c.problems
}

// rules evaluates the definition's x-kubernetes-validations, as the API server
// does: for objects that nothing but unknown fields is wrong with.
func (c *checker) rules(o *manifest.Object, root *Root) {
	if root.rulesErr != nil {
		c.add(o.At("kind"), Invalid, "mend the CustomResourceDefinition", "the rules of its definition cannot be evaluated: %v", root.rulesErr)
	}
	if root.rules == nil || slices.ContainsFunc(c.problems, func(p Problem) bool { return p.Reason != Unknown }) {
		return
	}
	object, ok := Value(o.Root()).(map[string]any)
	if !ok {
		return
	}
	for _, v := range root.rules.Validate(object) {
		c.add(at(o, v.Field), Invalid, "", "%s: %s", cmp.Or(v.Field, "the object"), v.Message)
	}
}

// at is the place of a path as the API server writes it: "a.b[0].c", with the
// keys of maps in brackets too.
func at(o *manifest.Object, path string) manifest.Place {
	p := o.Root()
	for _, step := range strings.FieldsFunc(strings.ReplaceAll(path, "[", ".["), func(r rune) bool { return r == '.' }) {
		key, bracketed := strings.CutPrefix(step, "[")
		key = strings.TrimSuffix(key, "]")
		if i, err := strconv.Atoi(key); err == nil && bracketed && p.IsList() {
			p = p.At(i)
		} else {
			p = p.At(key)
		}
	}
	return p
}

type checker struct {
	set      *Set
	problems []Problem
	// values is set below anyOf and its kind: they speak of values, and name
	// no fields.
	values bool
}

func (c *checker) add(at manifest.Place, r Reason, fix, format string, args ...any) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, Problem{At: at, Reason: r, Fix: fix, Message: fmt.Sprintf(format, args...)})
	}
}

// embedded checks an object with apiVersion, kind and metadata, which a custom
// resource has without its schema saying so.
func (c *checker) embedded(p manifest.Place, sc *Schema) {
	whole := *sc
	whole.Props = maps.Clone(sc.Props)
	if whole.Props == nil {
		whole.Props = map[string]*Schema{}
	}
	whole.Props["apiVersion"] = &Schema{Type: "string"}
	whole.Props["kind"] = &Schema{Type: "string"}
	own := sc.Props["metadata"]
	whole.Props["metadata"] = &Schema{Ref: objectMeta}
	whole.Required = append([]string{"apiVersion", "kind"}, sc.Required...)
	c.object(p, &whole)
	if m := p.At("metadata"); own != nil && m.Exists() {
		// A definition may restrict the name, and nothing else.
		was := c.values
		c.values = true
		c.value(m, own)
		c.values = was
	}
}

func (c *checker) value(p manifest.Place, sc *Schema) {
	sc = c.set.resolve(sc)
	if sc == nil || len(c.problems) >= maxProblems {
		return
	}
	is := jsonType(p)
	if is == "null" {
		// Decoders of typed objects take null as absent; whoever required the
		// field has said so already.
		return
	}
	if want := wanted(sc); !accepts(want, is) {
		c.add(p, Type, "", "%s is %s where %s is wanted", name(p), article(is), article(want))
		return
	}
	c.format(p, sc)
	switch is {
	case "object":
		if sc.Custom != nil && sc.Custom.Embedded {
			c.embedded(p, sc)
		} else {
			c.object(p, sc)
		}
	case "array":
		c.list(p, sc)
	case "string":
		if s := p.Str(); len(sc.Enum) > 0 && s != "" && !slices.Contains(sc.Enum, s) {
			c.add(p, Invalid, suggest.DidYouMean(s, sc.Enum), "%s is %q, and must be one of %s", name(p), s, list(sc.Enum))
		}
	}
	if sc.Custom != nil {
		c.custom(p, sc)
	}
}

// wanted is the type that the schema asks for, "" if any.
func wanted(sc *Schema) string {
	switch {
	case sc.Format == "int-or-string" || sc.Custom != nil && sc.Custom.IntOrString:
		return "integer or string"
	case sc.Format == "quantity":
		return "number or string"
	}
	return sc.Type
}

func accepts(want, is string) bool {
	switch want {
	case "":
		return true
	case "number":
		return is == "number" || is == "integer"
	case "integer or string":
		return is == "integer" || is == "string"
	case "number or string":
		return is == "integer" || is == "number" || is == "string"
	}
	return want == is
}

func (c *checker) object(p manifest.Place, sc *Schema) {
	for _, field := range sc.Required {
		if at := p.At(field); !at.Exists() && !c.defaulted(sc.Props[field]) {
			c.add(at, Missing, "set "+at.Path(), "%s is required and not set", at.Path())
		}
	}
	fields := func(field string, v manifest.Place) {
		switch prop := sc.Props[field]; {
		case prop != nil:
			c.value(v, prop)
		case sc.Values != nil:
			if !v.Exists() && sc.Custom == nil && len(sc.Values.Props) == 0 {
				return // a typed map takes null as its zero value
			}
			c.value(v, sc.Values)
		case c.open(sc):
		default:
			c.add(v, Unknown, c.nearest(field, p, sc), "%s has no field %q", cmp.Or(p.Path(), "the object"), field)
		}
	}
	for field, v := range p.Entries() {
		fields(field, v)
	}
	for _, field := range mergedKeys(p) {
		fields(field, p.At(field))
	}
}

// open reports whether the object may hold fields that the schema lacks.
func (c *checker) open(sc *Schema) bool {
	if sc.Custom != nil {
		return c.values || sc.Custom.Preserve
	}
	return len(sc.Props) == 0
}

func (c *checker) defaulted(sc *Schema) bool {
	return sc != nil && sc.Custom != nil && sc.Custom.Default
}

// nearest offers a field of that name, with another spelling.
func (c *checker) nearest(field string, p manifest.Place, sc *Schema) string {
	var free []string
	for _, n := range slices.Sorted(maps.Keys(sc.Props)) {
		if !p.At(n).Exists() {
			free = append(free, n)
		}
	}
	if hint := suggest.DidYouMean(field, free); hint != "" {
		return hint
	}
	return "remove " + field + ", or put it where it belongs"
}

func (c *checker) list(p manifest.Place, sc *Schema) {
	seen := map[string]bool{}
	for it := range p.Items() {
		if !it.Exists() && sc.Items != nil && c.set.resolve(sc.Items).Type != "" {
			if sc.Custom == nil || sc.Items.Custom == nil || !sc.Items.Custom.Nullable {
				c.add(it, Type, "remove the empty item", "%s is null where %s is wanted", name(it), article(wanted(c.set.resolve(sc.Items))))
			}
			continue
		}
		if sc.Items != nil {
			c.value(it, sc.Items)
		}
		if key, what, ok := itemKey(it, sc); ok {
			if seen[key] {
				c.add(it, Duplicate, "keep one of the two", "%s repeats %s of an item before it", name(it), what)
			}
			seen[key] = true
		}
	}
}

// itemKey is what tells the item from the others of its list; ok is false where
// nothing must. Built-in lists with rules of their own are left to those.
func itemKey(it manifest.Place, sc *Schema) (key, what string, ok bool) {
	if sc.Custom != nil && (sc.Custom.Set || sc.Custom.UniqueItems) {
		return fmt.Sprintf("%#v", Value(it)), "the value", true
	}
	if len(sc.Keys) == 0 || sc.Custom == nil && (sc.Keys[0] != "name" || strings.HasSuffix(strings.TrimRight(it.Path(), "[]0123456789"), ".env")) {
		return "", "", false
	}
	for _, k := range sc.Keys {
		v := it.At(k)
		if !v.Exists() && sc.Custom == nil {
			return "", "", false
		}
		key += fmt.Sprintf("%#v\x00", Value(v))
	}
	return key, strings.Join(sc.Keys, " and "), true
}

func name(p manifest.Place) string { return cmp.Or(p.Path(), "the object") }

func article(t string) string {
	switch t {
	case "null":
		return t
	case "array":
		return "a list"
	case "object":
		return "a mapping"
	case "integer", "integer or string":
		return "an " + t
	}
	return "a " + t
}

// list names a few values.
func list(values []string) string {
	values = slices.DeleteFunc(slices.Clone(values), func(s string) bool { return s == "" })
	if len(values) > 8 {
		return strings.Join(values[:8], ", ") + fmt.Sprintf(" and %d more", len(values)-8)
	}
	return strings.Join(values, ", ")
}
