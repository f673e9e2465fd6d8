// Package schema says whether an API server of a version would take an object.
// The schemas of Kubernetes' own kinds are embedded; those of custom resources
// come from CustomResourceDefinitions. Both are one type, and one checker walks
// an object's nodes by it, so that each problem lands on its own field.
package schema

import (
	"regexp"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/cel"
)

// Schema is what is known of one value. The zero Schema allows everything.
// The JSON names are those of the embedded table.
type Schema struct {
	Type     string             `json:"t"` // object, array, string, integer, number, boolean; "" any
	Format   string             `json:"f"`
	Ref      string             `json:"ref"` // a definition of the same release, in place of all else
	Props    map[string]*Schema `json:"p"`
	Required []string           `json:"r"`
	Values   *Schema            `json:"v"` // of a map
	Items    *Schema            `json:"i"` // of a list
	Enum     []string           `json:"e"` // of a built-in kind's string
	Keys     []string           `json:"k"` // fields that tell a list's items apart
	Set      bool               `json:"s"` // a list of which each item is there once
	Atomic   bool               `json:"a"` // a map or struct that is replaced as a whole

	Custom *Custom `json:"-"` // nil for a built-in kind
}

// Custom is what only a CustomResourceDefinition's schema can ask.
type Custom struct {
	IntOrString, Preserve, Embedded, Nullable, Set, Default bool

	Enum                                   []any // as Value gives them
	Pattern                                *regexp.Regexp
	Minimum, Maximum, MultipleOf           *float64
	ExclusiveMinimum, ExclusiveMaximum     bool
	MinLength, MaxLength                   *int64
	MinItems, MaxItems, MinProps, MaxProps *int64
	UniqueItems                            bool
	AllOf, AnyOf, OneOf                    []*Schema
	Not                                    *Schema
}

// Set is the schemas that hold for one target: those of a release, and of the
// custom resources that the target and its repository define.
type Set struct {
	release *release
	crds    []*Definitions
}

// NewSet takes the release of the minor version that is embedded and nearest to
// the one asked for, and the definitions of custom resources, those that win
// first.
func NewSet(minor int, crds ...*Definitions) *Set {
	return &Set{release: table().nearest(minor), crds: crds}
}

// Minor is the minor version of Kubernetes 1 whose schemas the set holds.
func (s *Set) Minor() int { return s.release.minor }

// Definitions are the kinds that some CustomResourceDefinitions define.
type Definitions struct {
	kinds     map[kind]*lazy
	resources map[kind]string // names in URLs
	webhooks  map[kind]bool   // that a webhook converts
}

type kind struct{ apiVersion, kind string }

// lazy is a schema that is read when the first object needs it.
type lazy struct {
	once sync.Once
	read func() *Root
	root *Root
}

func (l *lazy) get() *Root {
	l.once.Do(func() { l.root, l.read = l.read(), nil })
	return l.root
}

// Root is the schema of a whole object.
type Root struct {
	*Schema
	rules    *cel.Resource // nil if there are none
	rulesErr error         // why the definition's rules cannot be evaluated
	defaults *cel.Defaults // nil if there are none
}

// Of finds the schema of a kind; nil if there is none.
func (s *Set) Of(apiVersion, name string) *Root {
	k := kind{apiVersion, name}
	for _, d := range s.crds {
		if d == nil {
			continue
		}
		if l := d.kinds[k]; l != nil {
			return l.get()
		}
	}
	if def := s.release.kinds[k]; def != "" {
		if sc := s.release.definition(def); sc != nil {
			return &Root{Schema: sc}
		}
	}
	return nil
}

// resolve follows references.
func (s *Set) resolve(sc *Schema) *Schema {
	for sc != nil && sc.Ref != "" {
		sc = s.release.definition(sc.Ref)
	}
	return sc
}
