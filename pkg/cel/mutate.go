package cel

import (
	"context"
	"encoding/json"
	"fmt"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	admission "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/managedfields"
	apiserver "k8s.io/apiserver/pkg/admission"
	plugin "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/client-go/kubernetes/scheme"
	openapi "k8s.io/kube-openapi/pkg/validation/spec"
)

var (
	patches = []*celgo.Type{celgo.ListType(types.NewObjectType("JSONPatch"))}
	partial = []*celgo.Type{types.NewObjectType("Object")}
)

// Types knows how values of a kind are merged and completed.
type Types struct {
	converter managedfields.TypeConverter
	fill      func(map[string]any)
}

// NewTypes reads the schemas of a kind and of what it refers to, by name, as
// OpenAPI 3 has them; fill puts defaults into a changed object. Without schemas,
// lists and maps are replaced as a whole.
func NewTypes(schemas map[string]any, fill func(map[string]any)) (*Types, error) {
	if len(schemas) == 0 {
		return &Types{managedfields.NewDeducedTypeConverter(), fill}, nil
	}
	data, err := json.Marshal(schemas)
	if err != nil {
		return nil, err
	}
	var all map[string]*openapi.Schema
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("reading the schemas: %w", err)
	}
	c, err := managedfields.NewTypeConverter(all, false)
	if err != nil {
		return nil, fmt.Errorf("reading the schemas: %w", err)
	}
	return &Types{c, fill}, nil
}

// mutationCost stands for what one mutation costs, which the library does not
// tell: more than one costs in practice, so that many are bounded.
const mutationCost = 20_000

// compileMutations compiles what a MutatingAdmissionPolicy does.
func (p *Policy) compileMutations(decl plugin.OptionalVariableDeclarations) (faults []Fault) {
	decl.HasPatchTypes = true
	for i, m := range p.spec.Mutations {
		at := fmt.Sprintf("spec.mutations[%d]", i)
		e := &expression{}
		var make func(plugin.MutatingEvaluator) patch.Patcher
		switch {
		case m.PatchType == admission.PatchTypeJSONPatch && m.JSONPatch != nil:
			e = &expression{at + ".jsonPatch.expression", "", m.JSONPatch.Expression, patches}
			make = patch.NewJSONPatcher
		case m.PatchType == admission.PatchTypeApplyConfiguration && m.ApplyConfiguration != nil:
			e = &expression{at + ".applyConfiguration.expression", "", m.ApplyConfiguration.Expression, partial}
			make = patch.NewApplyConfigurationPatcher
		default:
			return append(faults, Fault{Path: at, Message: fmt.Sprintf("patchType %q needs the field of the same name (JSONPatch: jsonPatch, ApplyConfiguration: applyConfiguration)", m.PatchType)})
		}
		if len(e.text) > maxExpression {
			return append(faults, faultsOf(e, plugin.CompilationResult{})...)
		}
		r := p.compiler.CompileCELExpression(e, decl, environment.StoredExpressions)
		faults = append(faults, faultsOf(e, r)...)
		p.note(e)
		p.mutations = append(p.mutations, make(plugin.NewMutatingEvaluator(r)))
	}
	return faults
}

// Mutation is what a policy made of an object.
type Mutation struct {
	// Object is the object then, the request's own if nothing was changed.
	Object *Object
	// Decisions refuse the request: a mutation failed, and failurePolicy is
	// Fail. Validation is the index of the mutation.
	Decisions []Decision
	Unmet     bool
	Cost      int64 // at most what was spent
}

// Mutate applies a MutatingAdmissionPolicy with one parameter, which may be nil,
// to the request's object, which is not changed.
func (p *Policy) Mutate(ctx context.Context, r *Request, param *Object, t *Types) Mutation {
	out := Mutation{Object: r.Object}
	fail := func(i int, err error) {
		if !p.ignore {
			out.Decisions = append(out.Decisions, Decision{Validation: i, Message: err.Error(), Err: true})
		}
	}
	met, err := p.met(ctx, r, param)
	if err != nil || !met {
		if err != nil {
			fail(-1, err)
		}
		out.Unmet = true
		return out
	}
	now := *r
	for i, m := range p.mutations {
		out.Cost += mutationCost
		attr := now.versioned()
		object, err := m.Patch(p.context(ctx), patch.Request{
			MatchedResource: attr.GetResource(), VersionedAttributes: attr,
			ObjectInterfaces: apiserver.NewObjectInterfacesFromScheme(scheme.Scheme), OptionalVariables: p.variables(param),
			Namespace: plugin.CreateNamespaceObject(r.owner()), TypeConverter: t.converter,
		}, celconfig.RuntimeCELCostBudget)
		if err != nil {
			fail(i, err)
			continue
		}
		changed, err := t.made(object, now.Object)
		if err != nil {
			fail(i, err)
			continue
		}
		out.Object, now.Object = changed, changed
	}
	return out
}

// made is what a patch gave, with defaults and in the form that requests have:
// before itself where nothing is changed.
func (t *Types) made(object runtime.Object, before *Object) (*Object, error) {
	if object == before.object {
		return before, nil
	}
	object.GetObjectKind().SetGroupVersionKind(before.kind)
	json, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return nil, err
	}
	t.fill(json)
	after, err := NewObject(json)
	if err != nil {
		return nil, err
	}
	if equality.Semantic.DeepEqual(before.object, after.object) {
		return before, nil
	}
	return after, nil
}

// Again reports whether a MutatingAdmissionPolicy is asked once more where
// another changed the object after it.
func (p *Policy) Again() bool { return p.spec.Reinvocation == admission.IfNeededReinvocationPolicy }
