// Package policy checks rendered objects against the user's own rules, which
// are Kubernetes' own: ValidatingAdmissionPolicy and MutatingAdmissionPolicy
// with their bindings, and a shorthand of an expression and a message. A Set
// holds all that a run knows, compiled once; For picks what is meant for one
// target; Analyze asks it about every object, as an API server would that is
// given the target's objects for the first time.
//
// What a scan cannot know, who applies the objects and which labels a namespace
// has that is not rendered, is assumed as written at each place and said in a
// skipped stage.
package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/cel"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/schema"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

const (
	group = "admissionregistration.k8s.io"
	// Prefix begins the rule ids of policies.
	Prefix = "policy/"
	// Family is the family of these rules.
	Family = "policy"
	stage  = "policies"
)

// maxPolicies bounds what a repository may make a run compile.
const maxPolicies = 500

// Definition is a policy and where it is written.
type Definition struct {
	*cel.Policy
	Object   *manifest.Object
	Severity *result.Severity // of a refusal; nil for the usual one
	// kinds narrow a shorthand policy; entries are "Kind" or "group/Kind".
	kinds []string
	// short says that it is a shorthand: bound to everything.
	short bool
	// at is the place of a path of the policy object.
	at func(path string) manifest.Place
}

// Binding is a binding and where it is written.
type Binding struct {
	*cel.Binding
	Object  *manifest.Object
	mutates bool
}

// Fault is a policy, binding or shorthand that an API server would refuse, or
// that can never be evaluated.
type Fault struct {
	At   source.Span
	Name string // of the rule, "" if unknown
	Msg  string
}

// Message is the fault without its place's file and line.
func (f Fault) Message() string {
	at := ""
	if f.At.Start.Col > 0 {
		at = fmt.Sprintf("column %d: ", f.At.Start.Col)
	}
	if f.Name == "" {
		return at + f.Msg
	}
	return fmt.Sprintf("%spolicy %q: %s", at, f.Name, f.Msg)
}

func (f Fault) Error() string {
	return fmt.Sprintf("%s: %s", source.LineSpan(f.At.Path, f.At.Start.Line), f.Message())
}

// origin is where objects of a Set come from.
type origin struct {
	target     string // that renders them, "" for configured files
	path       string // of the target
	only       func(target string) bool
	objects    []*manifest.Object // parameters and namespaces among them
	policies   []*Definition
	bindings   []*Binding
	faults     []Fault
	configured bool
}

// Set is every policy that a run knows.
type Set struct {
	origins []*origin
	files   []*manifest.Object // of the repository's own files, for parameters
}

// isAdmission reports whether the object is a policy or a binding.
func isAdmission(o *manifest.Object) bool {
	return o.Is(group, "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding")
}

// add compiles what is among the objects. Of objects with one kind and name the
// last wins, as in kubectl apply.
func (s *Set) add(og *origin) {
	last := map[string]int{}
	for i, o := range og.objects {
		if isAdmission(o) {
			last[o.Key.Kind+"/"+o.Key.Name] = i
		}
	}
	for i, o := range og.objects {
		if !isAdmission(o) || last[o.Key.Kind+"/"+o.Key.Name] != i {
			continue
		}
		json, ok := schema.Value(o.Root()).(map[string]any)
		if !ok {
			continue
		}
		var faults []cel.Fault
		if strings.HasSuffix(o.Key.Kind, "Binding") {
			var b *cel.Binding
			if b, faults = cel.ReadBinding(json); b != nil {
				og.bindings = append(og.bindings, &Binding{b, o, o.Key.Kind == "MutatingAdmissionPolicyBinding"})
			}
		} else {
			var d *Definition
			if d, faults = s.define(o, json); d != nil {
				og.policies = append(og.policies, d)
			}
		}
		for _, f := range faults {
			og.faults = append(og.faults, Fault{position(at(o, f.Path), f.Line, f.Col), o.Key.Name, f.Message})
		}
	}
	s.origins = append(s.origins, og)
}

// define compiles a policy object.
func (s *Set) define(o *manifest.Object, json map[string]any) (*Definition, []cel.Fault) {
	if s.count() >= maxPolicies {
		return nil, []cel.Fault{{Path: "metadata.name", Message: fmt.Sprintf("a run takes %d policies at most", maxPolicies)}}
	}
	p, faults := cel.CompilePolicy(json)
	if faults != nil {
		return nil, faults
	}
	d := &Definition{Policy: p, Object: o, at: func(path string) manifest.Place { return at(o, path) }}
	if text := o.Annotations().At(severityKey); text.Exists() {
		sev, err := result.ParseSeverity(text.Str())
		if err != nil {
			return nil, []cel.Fault{{Path: "metadata.annotations", Message: fmt.Sprintf("%s: %v", severityKey, err)}}
		}
		d.Severity = &sev
	}
	return d, nil
}

// Texts are all that the set was made of, each with its place: what a target is
// told depends on nothing else but the target.
func (s *Set) Texts() (out []string) {
	add := func(from string, d *manifest.Document) {
		out = append(out, fmt.Sprintf("%s\n%s:%d\n%s", from, d.Path, d.Line, d.Text))
		for line := range strings.Count(string(d.Text), "\n") + 1 {
			out = append(out, fmt.Sprint(d.Locate(line+1, 1)))
		}
	}
	for _, og := range s.origins {
		for _, o := range og.objects {
			add(og.target, o.Doc)
		}
		for _, d := range og.policies {
			add(og.target, d.Object.Doc)
		}
		for _, f := range og.faults {
			out = append(out, f.Error())
		}
	}
	for _, o := range s.files {
		add("", o.Doc)
	}
	return out
}

// Any reports whether there is anything to look at or to tell.
func (s *Set) Any() bool { return len(s.origins) > 0 }

func (s *Set) count() (n int) {
	for _, og := range s.origins {
		n += len(og.policies)
	}
	return n
}

// severityKey is the annotation of a policy that sets its findings' severity.
const severityKey = "kustoms.dev/severity"

// at is the place of a path such as "spec.validations[0].expression".
func at(o *manifest.Object, path string) manifest.Place {
	p := o.Root()
	for _, part := range strings.Split(path, ".") {
		name, index, indexed := strings.Cut(part, "[")
		if name != "" {
			p = p.At(name)
		}
		if indexed {
			n := 0
			fmt.Sscanf(index, "%d", &n)
			p = p.At(n)
		}
	}
	return p
}

// Faults are those of the configured files, in order of place.
func (s *Set) Faults() []Fault {
	var out []Fault
	for _, og := range s.origins {
		if og.configured {
			out = append(out, og.faults...)
		}
	}
	slices.SortFunc(out, func(a, b Fault) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Msg, b.Msg)) })
	return out
}

// Definitions are all policies, by name.
func (s *Set) Definitions() []*Definition {
	byName := map[string]*Definition{}
	for _, og := range s.origins {
		for _, d := range og.policies {
			if byName[d.Name] == nil {
				byName[d.Name] = d
			}
		}
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b *Definition) int { return strings.Compare(a.Name, b.Name) })
}

// Rules describes each policy as a rule. The severity is that of a refusal; a
// binding that only warns or audits makes milder findings.
func (s *Set) Rules() []result.Rule {
	var out []result.Rule
	for _, d := range s.Definitions() {
		out = append(out, d.meta())
	}
	return out
}

func (d *Definition) meta() result.Rule {
	r := result.Rule{
		ID: Prefix + d.Name, Family: Family, Severity: d.severity("Deny"), Since: "0.1",
		Title: "Objects must satisfy the policy " + d.Name,
		Why:   clip(d.Object.Annotations().At("kubernetes.io/description").Str(), 4000),
		Fix:   "change the object so that the policy's expression holds, or the policy",
	}
	for _, v := range d.Validations {
		if v.Message != "" {
			r.Title = clip(v.Message, 200)
			break
		}
	}
	if r.Why == "" {
		r.Why = fmt.Sprintf("The repository's own policy, %s at %s.", strings.ToLower(d.Object.Key.Kind), d.Object.Root().Location().Primary)
	}
	return r
}

// severity is that of a violation under a binding's action.
func (d *Definition) severity(action string) result.Severity {
	s := result.High
	if d.Severity != nil {
		s = *d.Severity
	}
	switch action {
	case "Warn":
		return min(s, result.Medium)
	case "Audit":
		return min(s, result.Low)
	}
	return s
}

// clip bounds a text of the repository, and makes it one line.
func clip(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
