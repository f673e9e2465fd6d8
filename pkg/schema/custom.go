package schema

import (
	"fmt"
	"math"
	"reflect"
	"unicode/utf8"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// custom checks what only a custom resource's schema can ask of a value.
func (c *checker) custom(p manifest.Place, sc *Schema) {
	x := sc.Custom
	if len(x.Enum) > 0 && !contains(x.Enum, Value(p)) {
		var all []string
		for _, v := range x.Enum {
			all = append(all, fmt.Sprint(v))
		}
		c.add(p, Invalid, "", "%s is %q, and must be one of %s", name(p), clip(p.Str()), list(all))
	}
	switch jsonType(p) {
	case "string":
		n := int64(utf8.RuneCountInString(p.Str()))
		c.size(p, n, x.MinLength, x.MaxLength, "characters")
		if x.Pattern != nil && !x.Pattern.MatchString(p.Str()) {
			c.add(p, Invalid, "", "%s is %q, which does not match %s", name(p), clip(p.Str()), x.Pattern)
		}
	case "integer", "number":
		c.bounds(p, x)
	case "array":
		c.size(p, int64(p.Len()), x.MinItems, x.MaxItems, "items")
	case "object":
		c.size(p, int64(p.Len()), x.MinProps, x.MaxProps, "fields")
	}
	for _, sub := range x.AllOf {
		c.within(p, sub, true)
	}
	if len(x.AnyOf) > 0 && c.fits(p, x.AnyOf) == 0 {
		c.add(p, Invalid, "", "%s fits none of the forms that the schema allows%s", name(p), c.because(p, x.AnyOf))
	}
	if n := len(x.OneOf); n > 0 {
		switch fit := c.fits(p, x.OneOf); {
		case fit == 0:
			c.add(p, Invalid, "", "%s fits none of the forms that the schema allows%s", name(p), c.because(p, x.OneOf))
		case fit > 1:
			c.add(p, Invalid, "", "%s fits %d of the forms that the schema allows, and must fit one", name(p), fit)
		}
	}
	if x.Not != nil && c.fits(p, []*Schema{x.Not}) > 0 {
		c.add(p, Invalid, "", "%s has a form that the schema rules out", name(p))
	}
}

func (c *checker) size(p manifest.Place, n int64, least, most *int64, what string) {
	switch {
	case least != nil && n < *least:
		c.add(p, Invalid, "", "%s has %d %s, and must have at least %d", name(p), n, what, *least)
	case most != nil && n > *most:
		c.add(p, Invalid, "", "%s has %d %s, and may have at most %d", name(p), n, what, *most)
	}
}

func (c *checker) bounds(p manifest.Place, x *Custom) {
	v, ok := number(p)
	if !ok {
		return
	}
	switch {
	case x.Minimum != nil && (v < *x.Minimum || x.ExclusiveMinimum && v == *x.Minimum):
		c.add(p, Invalid, "", "%s is %s, and must be %s %v", name(p), p.Str(), orMore(x.ExclusiveMinimum, "at least", "more than"), *x.Minimum)
	case x.Maximum != nil && (v > *x.Maximum || x.ExclusiveMaximum && v == *x.Maximum):
		c.add(p, Invalid, "", "%s is %s, and must be %s %v", name(p), p.Str(), orMore(x.ExclusiveMaximum, "at most", "less than"), *x.Maximum)
	case x.MultipleOf != nil && *x.MultipleOf > 0 && math.Mod(v, *x.MultipleOf) != 0:
		c.add(p, Invalid, "", "%s is %s, and must be a multiple of %v", name(p), p.Str(), *x.MultipleOf)
	}
}

func orMore(exclusive bool, with, without string) string {
	if exclusive {
		return without
	}
	return with
}

// within checks a value by a sub-schema, which names no fields.
func (c *checker) within(p manifest.Place, sub *Schema, report bool) (ok bool) {
	inner := &checker{set: c.set, values: true}
	inner.value(p, sub)
	if report {
		c.problems = append(c.problems, inner.problems...)
	}
	return len(inner.problems) == 0
}

func (c *checker) fits(p manifest.Place, subs []*Schema) (n int) {
	for _, sub := range subs {
		if c.within(p, sub, false) {
			n++
		}
	}
	return n
}

// because says what the first form lacks.
func (c *checker) because(p manifest.Place, subs []*Schema) string {
	inner := &checker{set: c.set, values: true}
	inner.value(p, subs[0])
	if len(inner.problems) == 0 {
		return ""
	}
	return ": for the first, " + inner.problems[0].Message
}

// contains compares as JSON does: 1 and 1.0 are equal.
func contains(enum []any, v any) bool {
	for _, e := range enum {
		if reflect.DeepEqual(e, v) {
			return true
		}
		a, aok := asFloat(e)
		b, bok := asFloat(v)
		if aok && bok && a == b {
			return true
		}
	}
	return false
}

func asFloat(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}
