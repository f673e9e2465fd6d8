package cel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/util/compatibility"
	"k8s.io/apiserver/pkg/warning"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
	"sigs.k8s.io/yaml"

	"github.com/kustoms-dev/kustoms/pkg/cel"
)

// answer is what a validator makes of one object, in a form that both give.
type answer struct {
	Denied string
	Warned []string
	Audit  map[string]string
}

type noOpinion struct{}

func (noOpinion) Authorize(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
	return authorizer.DecisionNoOpinion, "", nil
}

func (n noOpinion) ConditionsAwareAuthorize(ctx context.Context, a authorizer.Attributes) authorizer.ConditionsAwareDecision {
	return authorizer.ConditionsAwareDecisionFromParts(n.Authorize(ctx, a))
}

func (noOpinion) EvaluateConditions(context.Context, authorizer.ConditionsAwareDecision, authorizer.ConditionsData) (authorizer.Decision, string, error) {
	return authorizer.DecisionDeny, "", authorizer.ErrorConditionEvaluationNotSupported
}

type warnings struct{ all []string }

func (w *warnings) AddWarning(_, text string) {
	_, text, _ = strings.Cut(text, "' with binding '")
	_, text, _ = strings.Cut(text, "': ")
	w.all = append(w.all, text)
}

// attributes keep the audit annotations, which the API server logs.
type attributes struct {
	admission.Attributes
	audit map[string]string
}

func (a *attributes) AddAnnotation(k, v string) error { a.audit[k] = v; return nil }

// upstream runs the API server's own plugin, over a client that holds the
// policies, bindings, parameters and namespaces.
func upstream(t *testing.T, c *oracleCase) []answer {
	t.Helper()
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	var stored []runtime.Object
	for _, o := range c.cluster {
		stored = append(stored, typed(t, o))
	}
	client := fake.NewClientset(stored...)
	factory := informers.NewSharedInformerFactory(client, 0)
	p, err := validating.NewPlugin(nil)
	if err != nil {
		t.Fatal(err)
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("ConfigMap"), meta.RESTScopeNamespace)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	initializer.New(client, dynamicfake.NewSimpleDynamicClient(scheme.Scheme, stored...), factory, noOpinion{}, nil, compatibility.DefaultBuildEffectiveVersion(), ctx.Done(), mapper).Initialize(p)
	if err := p.ValidateInitialization(); err != nil {
		t.Fatal(err)
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	var out []answer
	for _, o := range c.objects {
		obj := typed(t, o)
		kind := obj.GetObjectKind().GroupVersionKind()
		m := obj.(metav1.Object)
		namespace := m.GetNamespace()
		if kind.Kind == "Namespace" {
			namespace = m.GetName()
		}
		a := &attributes{audit: map[string]string{}, Attributes: admission.NewAttributesRecord(obj, nil, kind, namespace, m.GetName(),
			schema.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: plural(kind.Kind)}, "", admission.Create,
			&metav1.CreateOptions{TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "CreateOptions"}}, false, &user.DefaultInfo{Name: "jane", Groups: []string{"dev"}})}
		var w warnings
		wctx, done := context.WithTimeout(warning.WithWarningRecorder(ctx, &w), 20*time.Second)
		err := p.Validate(wctx, a, admission.NewObjectInterfacesFromScheme(scheme.Scheme))
		done()
		ans := answer{Warned: w.all, Audit: a.audit}
		delete(ans.Audit, "validation.policy.admission.k8s.io/validation_failure")
		var se *apierrors.StatusError
		if errors.As(err, &se) {
			_, ans.Denied, _ = strings.Cut(se.ErrStatus.Details.Causes[0].Message, " denied request: ")
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, ans)
	}
	return out
}

func plural(kind string) string {
	p, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Kind: kind})
	return p.Resource
}

func typed(t *testing.T, o map[string]any) runtime.Object {
	t.Helper()
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	obj, kind, err := scheme.Codecs.UniversalDeserializer().Decode(data, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	obj.GetObjectKind().SetGroupVersionKind(*kind)
	if p, ok := obj.(*admissionv1.ValidatingAdmissionPolicy); ok {
		// What the API server's defaulting fills in.
		p.Spec.MatchConstraints = filled(p.Spec.MatchConstraints)
	}
	if b, ok := obj.(*admissionv1.ValidatingAdmissionPolicyBinding); ok && b.Spec.MatchResources != nil {
		b.Spec.MatchResources = filled(b.Spec.MatchResources)
	}
	return obj
}

func filled(m *admissionv1.MatchResources) *admissionv1.MatchResources {
	equivalent := admissionv1.Equivalent
	if m.MatchPolicy == nil {
		m.MatchPolicy = &equivalent
	}
	if m.NamespaceSelector == nil {
		m.NamespaceSelector = &metav1.LabelSelector{}
	}
	if m.ObjectSelector == nil {
		m.ObjectSelector = &metav1.LabelSelector{}
	}
	return m
}

// ours does with pkg/cel what pkg/policy does, without its look-ups.
func ours(t *testing.T, c *oracleCase) []answer {
	t.Helper()
	params, namespaces := map[string]*cel.Object{}, map[string]*cel.Object{}
	var policies []*cel.Policy
	var bindings []*cel.Binding
	for _, o := range c.cluster {
		switch o["kind"] {
		case "ValidatingAdmissionPolicy":
			p, faults := cel.CompilePolicy(o)
			if faults != nil {
				t.Fatalf("faults: %+v", faults)
			}
			policies = append(policies, p)
		case "ValidatingAdmissionPolicyBinding":
			b, faults := cel.ReadBinding(o)
			if faults != nil {
				t.Fatalf("faults: %+v", faults)
			}
			bindings = append(bindings, b)
		default:
			obj, err := cel.NewObject(o)
			if err != nil {
				t.Fatal(err)
			}
			meta := o["metadata"].(map[string]any)
			if o["kind"] == "Namespace" {
				namespaces[meta["name"].(string)] = obj
			}
			params[fmt.Sprint(meta["namespace"], "/", meta["name"])] = obj
		}
	}
	served := func(v string) bool { return v == "v1" }
	var out []answer
	for _, o := range c.objects {
		obj, err := cel.NewObject(o)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := o["metadata"].(map[string]any)
		namespace, _ := m["namespace"].(string)
		r := &cel.Request{Object: obj, Resource: plural(o["kind"].(string)), Namespace: namespace, Owner: namespaces[namespace], OwnerKnown: true, User: cel.User{Name: "jane", Groups: []string{"dev"}}}
		ans := answer{Audit: map[string]string{}}
		deny := func(msg string) {
			if ans.Denied == "" {
				ans.Denied = msg
			}
		}
		for _, p := range policies {
			if !p.Matches(r, served).OK {
				continue
			}
			audit := map[string][]string{}
			for _, b := range bindings {
				if b.Policy != p.Name || !b.Matches(r, served).OK {
					continue
				}
				list := []*cel.Object{nil}
				if p.ParamKind.Kind != "" && b.Param != nil {
					list = nil
					ns := b.Param.Namespace
					if ns == "" {
						ns = namespace
					}
					if o := params[ns+"/"+b.Param.Name]; o != nil {
						list = append(list, o)
					}
					if list == nil && b.Param.Deny {
						if !p.Ignores() {
							deny("failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction")
						}
						continue
					}
				}
				for _, param := range list {
					v := p.Validate(context.Background(), r, param)
					for _, d := range v.Decisions {
						if d.Validation < 0 && len(v.Decisions) > 1 { // an audit annotation
							deny(d.Message)
							continue
						}
						if slices.Contains(b.Actions, "Deny") {
							deny(d.Message)
						}
						if slices.Contains(b.Actions, "Warn") {
							ans.Warned = append(ans.Warned, d.Message)
						}
					}
					for k, value := range v.Annotations {
						if !slices.Contains(audit[k], value) {
							audit[k] = append(audit[k], value)
						}
					}
				}
			}
			for k, vs := range audit {
				ans.Audit[p.Name+"/"+k] = strings.Join(vs, ", ")
			}
		}
		out = append(out, ans)
	}
	return out
}

type oracleCase struct {
	name             string
	cluster, objects []map[string]any
}

func documents(t *testing.T, text string) (out []map[string]any) {
	t.Helper()
	for _, d := range strings.Split(text, "\n---\n") {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(d), &o); err != nil {
			t.Fatalf("%v in\n%s", err, d)
		}
		if len(o) > 0 {
			if m, ok := o["metadata"].(map[string]any); ok && o["kind"] == "Namespace" {
				labels, _ := m["labels"].(map[string]any)
				if labels == nil {
					labels = map[string]any{}
					m["labels"] = labels
				}
				labels["kubernetes.io/metadata.name"] = m["name"]
			}
			out = append(out, o)
		}
	}
	return out
}

// TestEqualToAPIServer holds the policies of testdata/policies to the API
// server's own admission plugin: the same object is refused with the same
// words, warned of alike, and annotated alike.
func TestEqualToAPIServer(t *testing.T) {
	for _, c := range oracleCases(t) {
		t.Run(c.name, func(t *testing.T) {
			want, got := upstream(t, &c), ours(t, &c)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("API server (-), kustoms (+):\n%s", diff)
			}
			some := false
			for _, a := range want {
				some = some || a.Denied != "" || len(a.Warned)+len(a.Audit) > 0
			}
			if !some {
				t.Error("no object of the case is refused, warned of or annotated: it tests nothing")
			}
		})
	}
}
