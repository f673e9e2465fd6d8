// Package rule defines what a rule is and runs a set of them over a target's
// index. A rule is a literal: documentation, severity and a function. It
// reports; it cannot fail, log or do I/O. There is no registry: the families
// under pkg/rules list their rules in generated slices, and Select picks.
package rule

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Meta is what people read about a rule.
type Meta = result.Rule

// Rule is one check. Exactly one of Object, Pod, Container and Universe is
// set.
type Rule struct {
	Meta
	// On picks the objects that Object sees.
	On Matcher
	// Object checks one object.
	Object func(p *Pass, o *manifest.Object)
	// Pod checks the pod template of an object that has one.
	Pod func(p *Pass, pod manifest.Pod)
	// Container checks one container, of any kind, of a pod template. What it
	// reports is about that container, even where the field at fault is the
	// pod's: two containers make two findings.
	Container func(p *Pass, pod manifest.Pod, c manifest.Container)
	// Universe checks all objects of a target at once.
	Universe func(p *Pass)
	// Params returns a pointer to a struct of the rule's parameters, filled
	// with the defaults; nil if it has none. Configuration is decoded into it
	// strictly.
	Params func() any
}

// Family is a folder of rules.
type Family struct {
	Name  string // the folder under pkg/rules
	Title string
	Rules []*Rule
}

// Matcher picks objects.
type Matcher func(*manifest.Object) bool

// Any matches every object.
func Any(*manifest.Object) bool { return true }

// PodBearing matches objects that are or embed a pod template, custom
// resources included.
func PodBearing(o *manifest.Object) bool { _, ok := o.Pod(); return ok }

// Kinds matches objects of the kinds in an API group ("" is the core group),
// in any version.
func Kinds(group string, kinds ...string) Matcher {
	return func(o *manifest.Object) bool { return o.Is(group, kinds...) }
}

// Or matches what any of the matchers matches.
func Or(ms ...Matcher) Matcher {
	return func(o *manifest.Object) bool {
		return slices.ContainsFunc(ms, func(m Matcher) bool { return m(o) })
	}
}
