package cel

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/common/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	plugin "k8s.io/apiserver/pkg/admission/plugin/cel"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

const stored = environment.StoredExpressions

// Decision is one reason to refuse a request.
type Decision struct {
	// Validation is the index of the validation that refuses, -1 where the
	// policy as a whole could not be evaluated.
	Validation int
	Message    string
	// Expressed says that Message is made of the object by an expression, not
	// the policy's own text.
	Expressed bool
	// Err says that an expression could not be evaluated and failurePolicy is
	// Fail.
	Err bool
}

// Verdict is what a policy says of a request.
type Verdict struct {
	Decisions []Decision
	// Annotations go to the audit log, by the policy's keys.
	Annotations map[string]string
	// Cost is what the evaluation took of the API server's budget.
	Cost int64
	// Unmet says that a match condition is false: the policy is not asked.
	Unmet bool
}

// nobody is an authorizer for a user of whom nothing is known: it allows
// nothing.
type nobody struct{}

func (nobody) Authorize(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
	return authorizer.DecisionNoOpinion, "", nil
}

// Validate evaluates a ValidatingAdmissionPolicy with one parameter, which may
// be nil, as the API server does: its own validator links the client of a
// cluster, and a test holds this one to it.
func (p *Policy) Validate(ctx context.Context, r *Request, param *Object) Verdict {
	met, err := p.met(ctx, r, param)
	switch {
	case err != nil:
		return p.failed(err)
	case !met:
		return Verdict{Unmet: true}
	}
	attr, vars := r.versioned(), p.variables(param)
	request := plugin.CreateAdmissionRequest(attr.Attributes, metav1.GroupVersionResource(attr.GetResource()), metav1.GroupVersionKind(attr.VersionedKind))
	owner := plugin.CreateNamespaceObject(r.owner())
	results, left, err := p.validations.ForInput(p.context(ctx), attr, request, vars, owner, celconfig.RuntimeCELCostBudget)
	if err != nil {
		return p.failed(err)
	}
	told := vars
	told.Authorizer = nil
	messages, _, messageErr := p.messages.ForInput(p.context(ctx), attr, request, told, owner, left)
	out := Verdict{Cost: celconfig.RuntimeCELCostBudget - left}
	for i, res := range results {
		d := Decision{Validation: i}
		switch {
		case res.Error != nil:
			d.Message, d.Err = res.Error.Error(), true
		case errors.Is(messageErr, apiservercel.ErrInternal) || errors.Is(messageErr, apiservercel.ErrOutOfBudget):
			d.Message, d.Err = fmt.Sprintf("failed messageExpression: %s", messageErr), true
		case res.EvalResult == types.True:
			continue
		default:
			if i < len(messages) {
				d.Message = message(messages[i])
			}
			if d.Expressed = d.Message != ""; !d.Expressed {
				d.Message = p.Validations[i].Message
			}
			if d.Message == "" {
				d.Message = "failed expression: " + strings.TrimSpace(p.spec.Validations[i].Expression)
			}
		}
		if !d.Err || !p.ignore {
			out.Decisions = append(out.Decisions, d)
		}
	}
	p.annotate(ctx, r, vars, &out)
	return out
}

// message is the text that a messageExpression gave, "" where the policy's own
// is used instead.
func message(r plugin.EvaluationResult) string {
	if r.Error != nil || r.EvalResult == nil {
		return ""
	}
	s, _ := r.EvalResult.Value().(string)
	if s = strings.TrimSpace(s); len(s) > celconfig.MaxEvaluatedMessageExpressionSizeBytes || strings.Contains(s, "\n") {
		return ""
	}
	return s
}

// maxAnnotation is how much of an audit annotation's value the API server keeps.
const maxAnnotation = 10 << 10

// annotate evaluates the audit annotations. One that fails refuses the request,
// whatever the binding's actions.
func (p *Policy) annotate(ctx context.Context, r *Request, vars plugin.OptionalVariableBindings, out *Verdict) {
	attr := r.versioned()
	request := plugin.CreateAdmissionRequest(attr.Attributes, metav1.GroupVersionResource(attr.GetResource()), metav1.GroupVersionKind(attr.VersionedKind))
	results, _, err := p.audit.ForInput(p.context(ctx), attr, request, vars, r.owner(), celconfig.RuntimeCELCostBudget)
	if err != nil {
		*out = p.failed(err)
		return
	}
	for _, res := range results {
		e := res.ExpressionAccessor.(*expression)
		if res.Error != nil {
			if !p.ignore {
				out.Decisions = append(out.Decisions, Decision{Validation: -1, Message: res.Error.Error(), Err: true})
			}
			continue
		}
		s, _ := res.EvalResult.Value().(string)
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		if out.Annotations == nil {
			out.Annotations = map[string]string{}
		}
		out.Annotations[e.name] = s[:min(len(s), maxAnnotation)]
	}
}

// met reports whether the match conditions are. The error refuses the request.
func (p *Policy) met(ctx context.Context, r *Request, param *Object) (bool, error) {
	if len(p.spec.MatchConditions) == 0 {
		return true, nil
	}
	attr := r.versioned()
	request := plugin.CreateAdmissionRequest(attr.Attributes, metav1.GroupVersionResource(attr.GetResource()), metav1.GroupVersionKind(attr.VersionedKind))
	results, _, err := p.conditions.ForInput(p.context(ctx), attr, request, p.variables(param), nil, celconfig.RuntimeCELCostBudgetMatchConditions)
	if err != nil {
		if p.ignore {
			err = nil
		}
		return false, err
	}
	var errs []error
	for _, res := range results {
		if res.Error != nil {
			errs = append(errs, res.Error)
		}
		if res.EvalResult == types.False {
			return false, nil
		}
	}
	if len(errs) > 0 && p.ignore {
		return false, nil
	}
	return true, utilerrors.NewAggregate(errs)
}

// failed is the verdict where the policy cannot be evaluated.
func (p *Policy) failed(err error) Verdict {
	if p.ignore {
		return Verdict{Cost: celconfig.RuntimeCELCostBudget}
	}
	return Verdict{Cost: celconfig.RuntimeCELCostBudget, Decisions: []Decision{{Validation: -1, Message: err.Error(), Err: true}}}
}

// Ignores reports whether the policy's failurePolicy lets a request pass that
// it cannot be evaluated on.
func (p *Policy) Ignores() bool { return p.ignore }

// Mutates tells a MutatingAdmissionPolicy.
func (p *Policy) Mutates() bool { return p.mutates }

// ConditionUses is what the policy's match conditions look at.
func (p *Policy) ConditionUses() (u Uses) {
	for i := range p.spec.MatchConditions {
		u.add(p.uses[fmt.Sprintf("spec.matchConditions[%d].expression", i)])
	}
	return u
}

func (p *Policy) context(ctx context.Context) context.Context { return p.compiler.CreateContext(ctx) }

func (p *Policy) variables(param *Object) plugin.OptionalVariableBindings {
	out := plugin.OptionalVariableBindings{Authorizer: nobody{}}
	if param != nil {
		out.VersionedParams = param.object
	}
	return out
}
