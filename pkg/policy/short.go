package policy

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/cel"
	"github.com/kustoms-dev/kustoms/pkg/internal/suggest"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// shortKeys are those of a shorthand policy.
var shortKeys = []string{"id", "expression", "message", "messageExpression", "kinds", "severity"}

var idForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,100}[a-z0-9])?$`)

// short reads the shorthand policies of a document: one, or a list of them.
func (s *Set) short(og *origin, d *manifest.Document) {
	// A carrier gives the document's fields places, though it is no object.
	o := &manifest.Object{Doc: d, Node: d.Node}
	o.Key.Kind = "shorthand policy"
	list := []manifest.Place{o.Root()}
	if o.Root().IsList() {
		list = slices.Collect(o.Root().Items())
	}
	name := strings.ToLower(strings.TrimSuffix(path.Base(d.Path), path.Ext(d.Path)))
	for i, p := range list {
		id := name
		if len(list) > 1 {
			id = fmt.Sprintf("%s-%d", name, i+1)
		}
		s.shorthand(og, o, p, id)
	}
}

func (s *Set) shorthand(og *origin, o *manifest.Object, p manifest.Place, id string) {
	ok := true
	fail := func(at manifest.Place, format string, args ...any) {
		ok = false
		og.faults = append(og.faults, Fault{at.Location().Primary, id, fmt.Sprintf(format, args...)})
	}
	if !p.IsMap() {
		fail(p, "neither an object nor a shorthand policy, which is a mapping with expression and message")
		return
	}
	for key, v := range p.Entries() {
		if !slices.Contains(shortKeys, key) {
			hint := ""
			if h := suggest.DidYouMean(key, shortKeys); h != "" {
				hint = ": " + h
			}
			fail(v, "unknown key %q of a shorthand policy (it has %s; an object has apiVersion and kind)%s", key, strings.Join(shortKeys, ", "), hint)
		} else if key != "kinds" && (v.Node() == nil || v.Node().Kind != yaml.ScalarNode) {
			fail(v, "%s: want a text", key)
		}
	}
	if v := p.At("id"); v.Exists() {
		id = v.Str()
	}
	if !idForm.MatchString(id) {
		fail(p.At("id"), "id %q: want lower-case letters, digits, '-' and '.'", id)
	}
	d := &Definition{short: true, kinds: p.At("kinds").Strings()}
	if k := p.At("kinds"); k.Exists() && !k.IsList() {
		fail(k, `kinds: want a list such as [Deployment, batch/Job]`)
	}
	if v := p.At("severity"); v.Exists() {
		sev, err := result.ParseSeverity(v.Str())
		if err != nil {
			fail(v, "severity: %v", err)
		}
		d.Severity = &sev
	}
	if !p.At("expression").Exists() {
		fail(p, "expression is missing: a CEL expression that is true for a good object")
	}
	if s.count()+len(og.policies) >= maxPolicies {
		fail(p, "a run takes %d policies at most", maxPolicies)
	}
	if !ok {
		return
	}
	everything := map[string]any{"apiGroups": []any{"*"}, "apiVersions": []any{"*"}, "resources": []any{"*"}, "operations": []any{"CREATE"}}
	validation := map[string]any{}
	for _, key := range []string{"expression", "message", "messageExpression"} {
		if v := p.At(key); v.Exists() {
			validation[key] = v.Str()
		}
	}
	policy, faults := cel.CompilePolicy(map[string]any{
		"kind": "ValidatingAdmissionPolicy", "metadata": map[string]any{"name": id},
		"spec": map[string]any{"validations": []any{validation}, "matchConstraints": map[string]any{"resourceRules": []any{everything}}},
	})
	d.at = func(path string) manifest.Place {
		if _, key, found := strings.Cut(path, "spec.validations[0]"); found && key != "" {
			return p.At(strings.TrimPrefix(key, "."))
		}
		return p.At("expression")
	}
	for _, f := range faults {
		og.faults = append(og.faults, Fault{position(d.at(f.Path), f.Line, f.Col), id, f.Message})
	}
	if faults == nil {
		d.Policy, d.Object = policy, o
		og.policies = append(og.policies, d)
	}
}

// isFor reports whether a shorthand is for objects of the kind.
func (d *Definition) isFor(o *manifest.Object) bool {
	return len(d.kinds) == 0 || slices.ContainsFunc(d.kinds, func(k string) bool {
		i := strings.LastIndexByte(k, '/')
		return k[i+1:] == o.Key.Kind && (i < 0 || k[:i] == o.Key.Group())
	})
}
