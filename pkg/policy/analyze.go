package policy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/cel"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Bounds on what policies, which a repository brings along, may cost for one
// target. A cost is the API server's: it allows 10 million for one object and
// policy, about a second.
const (
	maxCost   = 1_000_000_000
	maxParams = 100 // of one binding
)

// everywhere binds a policy to all that it is for.
func everywhere(d *Definition) *Binding {
	return &Binding{Binding: &cel.Binding{Policy: d.Name, Actions: []string{"Deny"}}}
}

// Analyzer asks the policies of a Set about the objects of a target.
type Analyzer struct {
	Set *Set
	// Leaks reports whether a text holds a secret; an expression could print
	// one. May be nil.
	Leaks func(text string) bool
}

// Name is the stage's name.
func (Analyzer) Name() string { return stage }

// Rules are the policies.
func (a Analyzer) Rules() []result.Rule { return a.Set.Rules() }

// Analyze evaluates the policies on each object.
func (a Analyzer) Analyze(ctx context.Context, x *index.Index, sink *result.Sink) error {
	p := newPass(a.Set, x, sink)
	p.leaks = a.Leaks
	for _, f := range p.faults {
		sink.Stage(result.Stage{Name: stage, Target: x.Target.Name, Status: result.Failed, Reason: f.Error(), At: f.At, Hint: "an API server refuses it; it was not evaluated"})
	}
	for _, name := range p.unclear {
		p.skip("list the one that holds here under policies: in .kustoms.yaml", "%s differs between targets that are equally near: it was not evaluated here", name)
	}
	for _, d := range p.unbound {
		p.skip("render its binding in the same repository, or list both under policies:", "policy %q has no binding here: it was not evaluated", d.Name)
	}
	if len(p.policies) == 0 {
		return nil
	}
	for _, o := range x.Objects {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.object(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// pass is the policies on one target.
type pass struct {
	*world
	leaks func(string) bool
	sink  *result.Sink
	told  map[string]bool
	spent int64
	// saw, if not nil, is told of each violation.
	saw func(d *Definition, action, message string)
	// merged are the types of kinds that were mutated.
	merged map[cel.ParamKind]*cel.Types
}

func newPass(s *Set, x *index.Index, sink *result.Sink) *pass {
	return &pass{world: &world{Set: s, x: x, applied: s.For(&x.Target)}, sink: sink, told: map[string]bool{}}
}

// skip tells once what could not be known.
func (p *pass) skip(hint, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	if !p.told[reason] {
		p.told[reason] = true
		p.sink.Stage(result.Stage{Name: stage, Target: p.x.Target.Name, Status: result.Skipped, Reason: reason, Hint: hint})
	}
}

// violation is one validation that an object does not satisfy, under any
// binding.
type violation struct {
	cel.Decision
	action  string
	binding *Binding
	related []*Binding
	secret  bool // the expression could see a Secret
}

// object asks all policies about one object.
func (p *pass) object(ctx context.Context, o *manifest.Object) error {
	r, err := p.request(o)
	if err != nil {
		p.skip("kustoms checks it against its schema, too", "policies were not asked about what an API server cannot decode, such as %s: %s", o, clip(p.hide(o, err.Error()), 300))
		return nil
	}
	if r.Exempt() {
		return nil
	}
	if err := p.mutate(ctx, o, r); err != nil {
		return err
	}
	for _, b := range p.policies {
		if b.Mutates() || b.short && !b.isFor(o) {
			continue
		}
		target, ok := p.meant(b.Definition, o, r)
		if !ok {
			continue
		}
		found := map[int]*violation{}
		for _, binding := range b.bindings {
			m := binding.Matches(target, p.served(o))
			p.assume(b.Definition, r, m)
			if !m.OK {
				continue
			}
			for param := range p.params(b.Definition, binding, r) {
				v := b.Validate(ctx, target, param.object)
				if err := p.spend(v.Cost); err != nil {
					return err
				}
				p.gather(b.Definition, binding, v, param.secret, found)
			}
		}
		for _, i := range slices.Sorted(maps.Keys(found)) {
			p.report(b.Definition, o, found[i])
		}
	}
	return nil
}

// spend counts what evaluation cost.
func (p *pass) spend(cost int64) error {
	if p.spent += cost; p.spent > maxCost {
		return fmt.Errorf("the policies cost more on this target than %d: the rest of its objects was not looked at", int64(maxCost))
	}
	return nil
}

// meant reports whether the policy is for the object, in the version that it
// then sees.
func (p *pass) meant(d *Definition, o *manifest.Object, r *cel.Request) (*cel.Request, bool) {
	m := d.Matches(r, p.served(o))
	p.assume(d, r, m)
	if !m.OK || m.Version == "" {
		return r, m.OK
	}
	other := m.Version
	if g := o.Key.Group(); g != "" {
		other = g + "/" + m.Version
	}
	if c := p.converted(o, other); c != nil {
		return c, true
	}
	p.skip("name the version of the object in the policy's matchConstraints", "policy %q is for %s: an API server would convert %s from %s, which kustoms cannot", d.Name, other, o, o.Key.APIVersion)
	return nil, false
}

// assume says where a namespace's unknown labels decided, or who applies.
func (p *pass) assume(d *Definition, r *cel.Request, m cel.Match) {
	if len(m.Assumed) > 0 {
		p.skip("render the Namespace, or list a file with it under policies:", "policy %q selects namespaces by %s, and namespace %q is not rendered: it was taken to have no labels but its name", d.Name, strings.Join(m.Assumed, ", "), r.Namespace)
	}
	if !m.OK {
		return
	}
	if u := d.ConditionUses(); u.Who && p.user == nil {
		p.skip("", "policy %q decides by who applies the objects, which no scan knows: its conditions were evaluated for a user without name, group or permission", d.Name)
	}
}

// gather takes over what a verdict finds.
func (p *pass) gather(d *Definition, b *Binding, v cel.Verdict, secretParam bool, found map[int]*violation) {
	for _, dec := range v.Decisions {
		var uses cel.Uses
		if dec.Validation >= 0 {
			uses = d.Validations[dec.Validation].Uses
		}
		if uses.Who && p.user == nil {
			p.skip("", "policy %q asks who applies the objects (request.userInfo, authorizer), which no scan knows: the validation at line %d was not evaluated", d.Name, d.at(d.Validations[dec.Validation].Path).Location().Primary.Start.Line)
			continue
		}
		action := "Deny" // of a failed audit annotation, whatever the binding says
		if dec.Validation >= 0 || len(b.Actions) > 0 {
			action = worst(b.Actions)
		}
		w := found[dec.Validation]
		if w == nil {
			found[dec.Validation] = &violation{dec, action, b, nil, secretParam}
			continue
		}
		if d.severity(action) > d.severity(w.action) {
			w.Decision, w.action, w.binding, b = dec, action, b, w.binding
			w.secret = secretParam
		}
		w.related = append(w.related, b)
	}
}

func worst(actions []string) string {
	for _, a := range []string{"Deny", "Warn", "Audit"} {
		if slices.Contains(actions, a) {
			return a
		}
	}
	return "Audit"
}

// report makes a finding of a violation.
func (p *pass) report(d *Definition, o *manifest.Object, v *violation) {
	rule := Prefix + d.Name
	place, written := o.Root(), d.at("spec")
	evidence, fix := "", ""
	message := v.Message
	if v.Validation >= 0 && d.Mutates() {
		written = d.at(fmt.Sprintf("spec.mutations[%d]", v.Validation))
	} else if v.Validation >= 0 {
		val := d.Validations[v.Validation]
		written = d.at(val.Path + ".expression")
		if path := val.Uses.Field(); path != nil {
			for _, f := range path {
				place = place.At(f)
			}
		}
		if len(d.Validations) > 1 {
			evidence = val.Expression
		}
		if !v.Err {
			fix = fmt.Sprintf("make this true of the object, or change the policy: %s", clip(val.Expression, 300))
		}
		if v.Expressed && p.mayLeak(o, v.secret, val.MessageUses, message) {
			message = val.Message
			if message == "" {
				message = "failed expression: " + strings.TrimSpace(val.Expression)
			}
		}
	}
	if v.Err {
		if p.mayLeak(o, v.secret, cel.Uses{}, message) {
			message = "an expression fails on it (its text is hidden, for it may hold a secret)"
		}
		message = fmt.Sprintf("policy %q cannot be evaluated and refuses %s: %s", d.Name, o, message)
	}
	if p.saw != nil {
		p.saw(d, v.action, message)
	}
	var related []result.Related
	see := func(at manifest.Place, format string, args ...any) {
		related = append(related, result.Related{Location: at.Location(), Message: fmt.Sprintf(format, args...)})
	}
	see(written, "policy %q asks for this", d.Name)
	for _, b := range append([]*Binding{v.binding}, v.related...) {
		if b.Object != nil {
			see(b.Object.At("spec"), "binding %q: %s", b.Name, strings.Join(b.Actions, ", "))
		}
	}
	loc := place.Location()
	p.sink.Report(result.Finding{
		Rule: rule, Severity: d.severity(v.action), Message: clip(message, 1000), Fix: fix,
		Object: o.Key, Field: place.Path(), Loc: loc, Related: related, Targets: []string{p.x.Target.Name},
		Fingerprint: o.Fingerprint(rule, place.Stable(), evidence, loc.Primary),
	})
}

// mayLeak reports whether a text that an expression made may hold a secret: it
// could see a Secret's data, or the text looks like one.
func (p *pass) mayLeak(o *manifest.Object, secretParam bool, uses cel.Uses, text string) bool {
	if secretParam || o.Is("", "Secret") && !named(uses) {
		return true
	}
	return p.leaks != nil && p.leaks(text)
}

// named reports whether all that an expression reads of an object is who it is.
func named(u cel.Uses) bool {
	return len(u.Fields) > 0 && !slices.ContainsFunc(u.Fields, func(f []string) bool {
		return len(f) < 1 || f[0] != "kind" && f[0] != "type" && (f[0] != "metadata" || len(f) < 2 || f[1] != "name" && f[1] != "namespace" && f[1] != "labels")
	})
}

// hide is an error's text, or no more than that there is one for a Secret.
func (p *pass) hide(o *manifest.Object, text string) string {
	if p.mayLeak(o, false, cel.Uses{}, text) {
		return "it is not what its kind asks for"
	}
	return text
}
