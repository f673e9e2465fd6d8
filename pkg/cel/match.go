package cel

import (
	"encoding/json"
	"fmt"
	"slices"

	admission "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules"
)

// Match is whether a policy or a binding is for a request.
type Match struct {
	OK bool
	// Version is set where the policy is for another version of the resource,
	// to which an API server would convert the object.
	Version string
	// Assumed are the keys of labels that decided, of a namespace that nobody
	// knows.
	Assumed []string
}

// Binding is a binding of either kind of policy.
type Binding struct {
	Name, Policy string
	// Actions are what becomes of a violation: Deny, Warn, Audit.
	Actions []string
	// Param says where the parameters are; nil for none.
	Param *ParamRef

	match *admission.MatchResources
}

// ParamRef names a binding's parameters, one by name or several by label.
type ParamRef struct {
	Name, Namespace string
	// Deny says that without any parameter the request is refused.
	Deny     bool
	selector labels.Selector
}

// Selects reports whether the labels are those of a parameter that is meant.
func (p *ParamRef) Selects(l map[string]string) bool {
	return p.selector != nil && p.selector.Matches(labels.Set(l))
}

// ReadBinding reads a ValidatingAdmissionPolicyBinding or
// MutatingAdmissionPolicyBinding, given as JSON decodes it.
func ReadBinding(object map[string]any) (*Binding, []Fault) {
	var b struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     struct {
			PolicyName        string                       `json:"policyName"`
			ParamRef          *admission.ParamRef          `json:"paramRef"`
			MatchResources    *admission.MatchResources    `json:"matchResources"`
			ValidationActions []admission.ValidationAction `json:"validationActions"`
		} `json:"spec"`
	}
	data, err := json.Marshal(object)
	if err == nil {
		err = json.Unmarshal(data, &b)
	}
	if err != nil {
		return nil, []Fault{{Path: pathOf(err), Message: err.Error()}}
	}
	out := &Binding{Name: b.Metadata.Name, Policy: b.Spec.PolicyName, match: b.Spec.MatchResources}
	var faults []Fault
	if out.Policy == "" {
		faults = append(faults, Fault{Path: "spec.policyName", Message: "a binding needs the name of a policy"})
	}
	for i, a := range b.Spec.ValidationActions {
		if !slices.Contains([]admission.ValidationAction{admission.Deny, admission.Warn, admission.Audit}, a) {
			faults = append(faults, Fault{Path: fmt.Sprintf("spec.validationActions[%d]", i), Message: fmt.Sprintf("%q is no action (want Deny, Warn or Audit)", a)})
		}
		out.Actions = append(out.Actions, string(a))
	}
	if r := b.Spec.ParamRef; r != nil {
		out.Param = &ParamRef{Name: r.Name, Namespace: r.Namespace, Deny: r.ParameterNotFoundAction != nil && *r.ParameterNotFoundAction == admission.DenyAction}
		if (r.Name == "") == (r.Selector == nil) {
			faults = append(faults, Fault{Path: "spec.paramRef", Message: "exactly one of name and selector is needed"})
		} else if r.Selector != nil {
			if out.Param.selector, err = metav1.LabelSelectorAsSelector(r.Selector); err != nil {
				faults = append(faults, Fault{Path: "spec.paramRef.selector", Message: err.Error()})
			}
		}
	}
	defaults(out.match)
	faults = append(faults, selectorFaults("spec.matchResources", out.match)...)
	if len(faults) > 0 {
		return nil, faults
	}
	return out, nil
}

// defaults fills in what the API server does.
func defaults(m *admission.MatchResources) {
	if m != nil && m.MatchPolicy == nil {
		equivalent := admission.Equivalent
		m.MatchPolicy = &equivalent
	}
}

func selectorFaults(path string, m *admission.MatchResources) (out []Fault) {
	if m == nil {
		return nil
	}
	for field, s := range map[string]*metav1.LabelSelector{"namespaceSelector": m.NamespaceSelector, "objectSelector": m.ObjectSelector} {
		if _, err := metav1.LabelSelectorAsSelector(s); err != nil {
			out = append(out, Fault{Path: path + "." + field, Message: err.Error()})
		}
	}
	return out
}

// Served answers whether the API server has the request's kind in a version of
// its group.
type Served func(version string) bool

// Matches says whether the policy is for the request, by its matchConstraints.
func (p *Policy) Matches(r *Request, served Served) Match {
	if p.spec.MatchConstraints == nil {
		return Match{} // a policy without constraints is for nothing
	}
	return matches(p.spec.MatchConstraints, r, served)
}

// Matches says whether the binding is for the request, which its policy is for.
func (b *Binding) Matches(r *Request, served Served) Match {
	if b.match == nil {
		return Match{OK: true}
	}
	return matches(b.match, r, served)
}

// nameLabel is on every namespace.
const nameLabel = "kubernetes.io/metadata.name"

func matches(m *admission.MatchResources, r *Request, served Served) Match {
	var out Match
	if selector, _ := metav1.LabelSelectorAsSelector(m.NamespaceSelector); m.NamespaceSelector != nil {
		if set, lives := r.namespaceLabels(); lives && !selector.Matches(set) {
			return Match{Assumed: r.assumed(selector)}
		} else if lives {
			out.Assumed = r.assumed(selector)
		}
	}
	if selector, _ := metav1.LabelSelectorAsSelector(m.ObjectSelector); m.ObjectSelector != nil && !selector.Matches(labels.Set(r.Object.Labels())) {
		return Match{}
	}
	if ok, _ := r.ruled(m.ExcludeResourceRules, m.MatchPolicy, served); ok {
		return Match{}
	}
	if len(m.ResourceRules) == 0 {
		out.OK = true
		return out
	}
	if out.OK, out.Version = r.ruled(m.ResourceRules, m.MatchPolicy, served); !out.OK {
		out.Assumed = nil
	}
	return out
}

// assumed are the keys that a selector asks for of a namespace of which only
// the name is known.
func (r *Request) assumed(s labels.Selector) (out []string) {
	if r.Object.isNamespace() || r.OwnerKnown {
		return nil
	}
	requirements, _ := s.Requirements()
	for _, q := range requirements {
		if q.Key() != nameLabel {
			out = append(out, q.Key())
		}
	}
	return out
}

// ruled reports whether one of the rules is for the request; version is set
// where only another version of the resource is named, which is served too.
func (r *Request) ruled(named []admission.NamedRuleWithOperations, policy *admission.MatchPolicyType, served Served) (ok bool, version string) {
	attr := r.versioned()
	for _, n := range named {
		m := rules.Matcher{Rule: n.RuleWithOperations, Attr: attr}
		if m.Matches() && namesObject(n.ResourceNames, attr.GetName()) {
			return true, ""
		}
	}
	if policy == nil || *policy == admission.Exact {
		return false, ""
	}
	for _, n := range named {
		rule := n.RuleWithOperations
		versions := rule.APIVersions
		rule.APIVersions = []string{"*"}
		m := rules.Matcher{Rule: rule, Attr: attr}
		if !m.Matches() || !namesObject(n.ResourceNames, attr.GetName()) {
			continue
		}
		for _, v := range versions {
			if served(v) {
				return true, v
			}
		}
	}
	return false, ""
}

func namesObject(names []string, name string) bool {
	return len(names) == 0 || slices.Contains(names, name)
}

// Exempt reports whether no policy is asked about the object: those that
// configure admission could not be mended otherwise.
func (r *Request) Exempt() bool {
	return rules.IsExemptAdmissionConfigurationResource(r.versioned())
}
