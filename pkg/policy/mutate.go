package policy

import (
	"context"

	"github.com/kustoms-dev/kustoms/pkg/cel"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// mutate applies the MutatingAdmissionPolicies to the request's object, in
// order of name, before any validation: they decide what is validated, and
// refuse what they cannot be applied to. As in the API server, one that asks for
// it is applied once more where others changed the object after it.
func (p *pass) mutate(ctx context.Context, o *manifest.Object, r *cel.Request) error {
	changedAfter := map[string]bool{}
	for round := range 2 {
		for _, b := range p.policies {
			if !b.Mutates() || round == 1 && !(b.Again() && changedAfter[b.Name]) {
				continue
			}
			changed, err := p.mutateBy(ctx, b, o, r)
			if err != nil {
				return err
			}
			delete(changedAfter, b.Name)
			if !changed {
				continue
			}
			for _, other := range p.policies {
				if other != b {
					changedAfter[other.Name] = true
				}
			}
		}
	}
	return nil
}

// mutateBy applies one policy under all its bindings.
func (p *pass) mutateBy(ctx context.Context, b *bound, o *manifest.Object, r *cel.Request) (changed bool, err error) {
	target, ok := p.meant(b.Definition, o, r)
	if !ok {
		return false, nil
	}
	if target != r {
		p.skip("name the version of the object in the policy's matchConstraints", "policy %q is for another version of %s: it was not applied", b.Name, o)
		return false, nil
	}
	for _, binding := range b.bindings {
		m := binding.Matches(r, p.served(o))
		p.assume(b.Definition, r, m)
		if !m.OK {
			continue
		}
		types, err := p.types(o)
		if err != nil {
			p.skip("", "policy %q was not applied to %s: %v", b.Name, o, err)
			continue
		}
		for param := range p.params(b.Definition, binding, r) {
			v := b.Mutate(ctx, r, param.object, types)
			if err := p.spend(v.Cost); err != nil {
				return changed, err
			}
			for _, d := range v.Decisions {
				p.report(b.Definition, o, &violation{Decision: d, action: "Deny", binding: binding, secret: param.secret})
			}
			if v.Object != r.Object {
				r.Object, changed = v.Object, true
			}
		}
	}
	return changed, nil
}

// types is how the object's fields are merged, worked out once for a kind.
func (p *pass) types(o *manifest.Object) (*cel.Types, error) {
	key := cel.ParamKind{APIVersion: o.Key.APIVersion, Kind: o.Key.Kind}
	if t, ok := p.merged[key]; ok {
		return t, nil
	}
	all, _ := p.x.Schemas().OpenAPI(o.Key.APIVersion, o.Key.Kind)
	t, err := cel.NewTypes(all, p.x.Schemas().Default)
	if err != nil {
		return nil, err
	}
	if p.merged == nil {
		p.merged = map[cel.ParamKind]*cel.Types{}
	}
	p.merged[key] = t
	return t, nil
}
