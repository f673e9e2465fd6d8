package cel

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/kubernetes/scheme"
)

// Object is an object as admission sees it: typed where Kubernetes itself
// defines the kind, so that quantities are in their canonical form and fields
// that are always written are there, and free-form elsewhere.
type Object struct {
	kind   schema.GroupVersionKind
	object runtime.Object
	meta   metav1.Object
}

// NewObject reads an object from JSON values, which are not changed. The error
// says that an API server would not be able to decode it.
func NewObject(json map[string]any) (*Object, error) {
	u := &unstructured.Unstructured{Object: json}
	kind := u.GroupVersionKind()
	if kind.Kind == "" || kind.Version == "" {
		return nil, fmt.Errorf("no object: apiVersion and kind are needed")
	}
	if !scheme.Scheme.Recognizes(kind) {
		return &Object{kind, u, u}, nil
	}
	typed, err := scheme.Scheme.New(kind)
	if err != nil {
		return nil, err
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(json, typed); err != nil {
		return nil, err
	}
	typed.GetObjectKind().SetGroupVersionKind(kind)
	m, ok := typed.(metav1.Object)
	if !ok {
		return nil, fmt.Errorf("a %s is no object", kind.Kind)
	}
	return &Object{kind, typed, m}, nil
}

// Labels are the object's own.
func (o *Object) Labels() map[string]string { return o.meta.GetLabels() }

// JSON is the object's value; it may be shared and must not be changed.
func (o *Object) JSON() (map[string]any, error) {
	if u, ok := o.object.(*unstructured.Unstructured); ok {
		return u.Object, nil
	}
	return runtime.DefaultUnstructuredConverter.ToUnstructured(o.object)
}

// Request is the creation of an object.
type Request struct {
	Object   *Object
	Resource string // the kind's name in URLs: "deployments"
	// Namespace is where the object goes, "" for one that lives in none, and
	// Owner that namespace's object.
	Namespace string
	Owner     *Object
	// OwnerKnown is false where Owner is made up: of the namespace only the name is
	// known.
	OwnerKnown bool
	// User creates the object.
	User User

	attributes *admission.VersionedAttributes
}

// User is who makes a request.
type User struct {
	Name   string   `yaml:"username" doc:"request.userInfo.username"`
	Groups []string `yaml:"groups" doc:"request.userInfo.groups"`
}

// versioned is the request as the API server's own code takes it, made once.
func (r *Request) versioned() *admission.VersionedAttributes {
	if r.attributes != nil && r.attributes.VersionedObject.Object() == r.Object.object {
		return r.attributes
	}
	o := r.Object
	namespace := r.Namespace
	if o.isNamespace() {
		namespace = o.meta.GetName() // as the API server has it
	}
	resource := schema.GroupVersionResource{Group: o.kind.Group, Version: o.kind.Version, Resource: r.Resource}
	options := &metav1.CreateOptions{TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "CreateOptions"}}
	r.attributes = &admission.VersionedAttributes{
		Attributes: admission.NewAttributesRecord(o.object, nil, o.kind, namespace, o.meta.GetName(), resource, "",
			admission.Create, options, false, &user.DefaultInfo{Name: r.User.Name, Groups: r.User.Groups}),
		VersionedKind:   o.kind,
		VersionedObject: admission.NewLazyObject(o.object),
	}
	return r.attributes
}

func (o *Object) isNamespace() bool {
	return o.kind == corev1.SchemeGroupVersion.WithKind("Namespace")
}

// owner is the namespace that expressions see.
func (r *Request) owner() *corev1.Namespace {
	if r.Owner == nil || r.Namespace == "" || r.Object.isNamespace() {
		return nil
	}
	ns, _ := r.Owner.object.(*corev1.Namespace)
	return ns
}

// namespaceLabels are those that a namespaceSelector looks at; ok is false for
// an object that lives in no namespace, which every such selector selects.
func (r *Request) namespaceLabels() (labels.Set, bool) {
	switch {
	case r.Object.isNamespace():
		return r.Object.Labels(), true
	case r.Namespace == "":
		return nil, false
	case r.Owner == nil:
		return nil, true
	}
	return r.Owner.Labels(), true
}
