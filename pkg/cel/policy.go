package cel

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	celgo "github.com/google/cel-go/cel"
	admission "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	plugin "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// Policy is a compiled ValidatingAdmissionPolicy or MutatingAdmissionPolicy.
// Safe for concurrent use.
type Policy struct {
	Name string
	// ParamKind is the kind of its parameters; Kind is "" if it has none.
	ParamKind ParamKind
	// Validations are what a ValidatingAdmissionPolicy asks for, in its order.
	Validations []Validation

	mutates     bool
	spec        spec
	ignore      bool // failures to evaluate
	compiler    *plugin.CompositedCompiler
	conditions  plugin.ConditionEvaluator
	validations plugin.ConditionEvaluator
	messages    plugin.ConditionEvaluator
	audit       plugin.ConditionEvaluator
	mutations   []patch.Patcher
	uses        map[string]Uses // by the path of the expression
}

// ParamKind names the kind of a policy's parameters.
type ParamKind struct{ APIVersion, Kind string }

// Validation is one of a policy's own.
type Validation struct {
	Path       string // of the validation in the policy: "spec.validations[0]"
	Expression string
	Message    string
	Reason     string
	// Uses is what the expression looks at, MessageUses what the expression of
	// its message does.
	Uses, MessageUses Uses
}

// spec is what both kinds of policy have, in any of their versions.
type spec struct {
	ParamKind        *admission.ParamKind             `json:"paramKind"`
	MatchConstraints *admission.MatchResources        `json:"matchConstraints"`
	MatchConditions  []admission.MatchCondition       `json:"matchConditions"`
	Variables        []admission.Variable             `json:"variables"`
	Validations      []admission.Validation           `json:"validations"`
	AuditAnnotations []admission.AuditAnnotation      `json:"auditAnnotations"`
	Mutations        []admission.Mutation             `json:"mutations"`
	Reinvocation     admission.ReinvocationPolicyType `json:"reinvocationPolicy"`
	FailurePolicy    *admission.FailurePolicyType     `json:"failurePolicy"`
}

// Limits of one policy, far over what the API server's own limit on the size
// of an object lets through in practice.
const (
	maxExpressions = 500
	maxExpression  = 64 << 10 // bytes
)

// Fault is something wrong in a policy. Line and Col are 1-based in the text of
// the expression at Path; 0 where the fault is the whole field's.
type Fault struct {
	Path      string
	Line, Col int
	Message   string
}

// expression is any expression of a policy, in the form that the compiler asks
// for.
type expression struct {
	path, name, text string
	returns          []*celgo.Type
}

func (e *expression) GetExpression() string      { return e.text }
func (e *expression) ReturnTypes() []*celgo.Type { return e.returns }
func (e *expression) GetName() string            { return e.name }

var (
	anything = []*celgo.Type{celgo.AnyType, celgo.DynType}
	boolean  = []*celgo.Type{celgo.BoolType}
	text     = []*celgo.Type{celgo.StringType}
	optional = []*celgo.Type{celgo.StringType, celgo.NullType}
)

// CompilePolicy compiles a policy, given as JSON decodes it. With faults there
// is no policy: an API server would not take it.
func CompilePolicy(object map[string]any) (*Policy, []Fault) {
	p := &Policy{uses: map[string]Uses{}}
	if f := p.read(object); f != nil {
		return nil, f
	}
	base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	compiler, err := plugin.NewCompositedCompiler(base)
	if err != nil {
		return nil, []Fault{{Message: err.Error()}}
	}
	p.compiler = compiler
	with := plugin.OptionalVariableDeclarations{HasParams: p.ParamKind.Kind != "", HasAuthorizer: true}
	without := with
	without.HasAuthorizer = false // as the API server declares them

	var faults []Fault
	list := func(es []*expression, decl plugin.OptionalVariableDeclarations) plugin.ConditionEvaluator {
		results := make([]plugin.CompilationResult, len(es))
		for i, e := range es {
			if e == nil {
				continue
			}
			if len(e.text) <= maxExpression {
				results[i] = compiler.CompileCELExpression(e, decl, environment.StoredExpressions)
			}
			faults = append(faults, faultsOf(e, results[i])...)
			p.note(e)
		}
		return plugin.NewCondition(results)
	}
	s := &p.spec
	for i, v := range s.Variables {
		e := &expression{fmt.Sprintf("spec.variables[%d].expression", i), v.Name, v.Expression, anything}
		if len(e.text) > maxExpression {
			return nil, faultsOf(e, plugin.CompilationResult{})
		}
		faults = append(faults, faultsOf(e, compiler.CompileAndStoreVariable(e, with, environment.StoredExpressions))...)
		p.note(e)
		p.uses["variables."+v.Name] = p.uses[e.path]
	}
	var es, ms []*expression
	for i, c := range s.MatchConditions {
		es = append(es, &expression{fmt.Sprintf("spec.matchConditions[%d].expression", i), c.Name, c.Expression, boolean})
	}
	p.conditions, es = list(es, with), nil
	for i, v := range s.Validations {
		at := fmt.Sprintf("spec.validations[%d]", i)
		es = append(es, &expression{at + ".expression", "", v.Expression, boolean})
		ms = append(ms, nil)
		if v.MessageExpression != "" {
			ms[i] = &expression{at + ".messageExpression", "", v.MessageExpression, text}
		}
	}
	p.validations, p.messages = list(es, with), list(ms, without)
	for i, v := range s.Validations {
		p.Validations = append(p.Validations, Validation{
			Path: fmt.Sprintf("spec.validations[%d]", i), Expression: v.Expression, Message: strings.TrimSpace(v.Message), Reason: reason(v.Reason),
			Uses: p.uses[es[i].path], MessageUses: p.uses[fmt.Sprintf("spec.validations[%d].messageExpression", i)],
		})
	}
	es = nil
	for i, a := range s.AuditAnnotations {
		es = append(es, &expression{fmt.Sprintf("spec.auditAnnotations[%d].valueExpression", i), a.Key, a.ValueExpression, optional})
	}
	p.audit = list(es, with)
	faults = append(faults, p.compileMutations(with)...)
	if len(faults) > 0 {
		return nil, faults
	}
	return p, nil
}

// read decodes the policy and refuses one that is no policy.
func (p *Policy) read(object map[string]any) []Fault {
	fault := func(path, format string, args ...any) []Fault {
		return []Fault{{Path: path, Message: fmt.Sprintf(format, args...)}}
	}
	var whole struct {
		Kind     string            `json:"kind"`
		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     spec              `json:"spec"`
	}
	data, err := json.Marshal(object)
	if err == nil {
		err = json.Unmarshal(data, &whole)
	}
	if err != nil {
		return fault(pathOf(err), "%v", err)
	}
	p.Name, p.spec, p.mutates = whole.Metadata.Name, whole.Spec, whole.Kind == "MutatingAdmissionPolicy"
	s := &p.spec
	p.ignore = s.FailurePolicy != nil && *s.FailurePolicy == admission.Ignore
	if k := s.ParamKind; k != nil {
		p.ParamKind = ParamKind{k.APIVersion, k.Kind}
	}
	n := len(s.Variables) + len(s.MatchConditions) + 2*len(s.Validations) + len(s.AuditAnnotations) + len(s.Mutations)
	switch {
	case p.Name == "":
		return fault("metadata", "a policy needs a name")
	case n > maxExpressions:
		return fault("spec", "the policy has over %d expressions", maxExpressions)
	case !p.mutates && len(s.Validations)+len(s.AuditAnnotations) == 0:
		return fault("spec", "the policy validates nothing: validations or auditAnnotations are needed")
	case p.mutates && len(s.Mutations) == 0:
		return fault("spec", "the policy mutates nothing: mutations are needed")
	case s.FailurePolicy != nil && *s.FailurePolicy != admission.Fail && !p.ignore:
		return fault("spec.failurePolicy", "%q is no failure policy (want Fail or Ignore)", *s.FailurePolicy)
	}
	defaults(s.MatchConstraints)
	return selectorFaults("spec.matchConstraints", s.MatchConstraints)
}

// pathOf is the field that a JSON decoder could not read, "" if it does not say.
func pathOf(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return wrong.Field
	}
	return ""
}

// faultsOf is what is wrong with an expression.
func faultsOf(e *expression, r plugin.CompilationResult) []Fault {
	if len(e.text) > maxExpression {
		return []Fault{{Path: e.path, Message: fmt.Sprintf("the expression is longer than %d bytes", maxExpression)}}
	}
	if strings.TrimSpace(e.text) == "" {
		return []Fault{{Path: e.path, Message: "an expression is needed"}}
	}
	if r.Error == nil {
		return nil
	}
	var issues *apiservercel.CompilationError
	if errors.As(r.Error, &issues) && issues.Issues != nil {
		return positions(e.path, issues.Issues)
	}
	return []Fault{{Path: e.path, Message: r.Error.Detail}}
}

func positions(path string, issues *celgo.Issues) (out []Fault) {
	for _, i := range issues.Errors() {
		out = append(out, Fault{Path: path, Line: i.Location.Line(), Col: i.Location.Column() + 1, Message: i.Message})
	}
	return out
}

func reason(r *metav1.StatusReason) string {
	if r == nil {
		return string(metav1.StatusReasonInvalid)
	}
	return string(*r)
}
