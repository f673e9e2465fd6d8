package policy

import (
	"errors"
	"iter"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/cel"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/schema"
)

// world is what one target's objects are created in: the objects that it and
// the policies' places hold.
type world struct {
	*Set
	*applied
	x          *index.Index
	user       *cel.User // who applies the objects; nil if nobody knows
	namespaces map[string]*cel.Object
	known      map[string]bool // namespaces that are rendered
	parameters map[*manifest.Object]*cel.Object
}

var errNoObject = errors.New("no object")

// request is the creation of an object.
func (w *world) request(o *manifest.Object) (*cel.Request, error) {
	json, ok := schema.Value(o.Root()).(map[string]any)
	if !ok {
		return nil, errNoObject
	}
	r := &cel.Request{Resource: w.x.Schemas().Resource(o.Key.APIVersion, o.Key.Kind)}
	if w.x.Namespaced(o) {
		r.Namespace = w.x.Namespace(o)
	}
	return r, w.fill(r, json)
}

// fill makes the request's object of JSON.
func (w *world) fill(r *cel.Request, json map[string]any) (err error) {
	if w.user != nil {
		r.User = *w.user
	}
	meta, ok := json["metadata"].(map[string]any)
	if !ok {
		meta = map[string]any{}
		json["metadata"] = meta
	}
	if r.Namespace != "" {
		meta["namespace"] = r.Namespace
		r.Owner, r.OwnerKnown = w.namespace(r.Namespace)
	} else {
		delete(meta, "namespace")
	}
	w.x.Schemas().Default(json)
	r.Object, err = cel.NewObject(json)
	return err
}

// converted is the request with the object in another version of its kind, nil
// where only an API server can tell what that is. Custom resources without a
// webhook keep their fields.
func (w *world) converted(o *manifest.Object, apiVersion string) *cel.Request {
	if !w.x.Schemas().SameFields(o.Key.Kind, o.Key.APIVersion, apiVersion) {
		return nil
	}
	json, _ := schema.Value(o.Root()).(map[string]any)
	json["apiVersion"] = apiVersion
	r := &cel.Request{Resource: w.x.Schemas().Resource(apiVersion, o.Key.Kind)}
	if w.x.Namespaced(o) {
		r.Namespace = w.x.Namespace(o)
	}
	if w.fill(r, json) != nil {
		return nil
	}
	return r
}

// served answers which versions of the object's kind there are.
func (w *world) served(o *manifest.Object) cel.Served {
	return func(version string) bool {
		if g := o.Key.Group(); g != "" {
			version = g + "/" + version
		}
		return w.x.Schemas().Of(version, o.Key.Kind) != nil
	}
}

// namespace is the Namespace of a name: rendered by the target, or beside the
// policies, or else one with no label but its name. known is false for that.
func (w *world) namespace(name string) (ns *cel.Object, known bool) {
	if w.namespaces == nil {
		w.namespaces, w.known = map[string]*cel.Object{}, map[string]bool{}
		for _, o := range append(w.x.Kind("", "Namespace"), w.named(w.applied, "v1", "Namespace")...) {
			if json, ok := schema.Value(o.Root()).(map[string]any); ok && w.namespaces[o.Key.Name] == nil {
				if n, err := cel.NewObject(labelled(json, o.Key.Name)); err == nil {
					w.namespaces[o.Key.Name], w.known[o.Key.Name] = n, true
				}
			}
		}
	}
	if w.namespaces[name] == nil {
		w.namespaces[name], _ = cel.NewObject(labelled(map[string]any{"apiVersion": "v1", "kind": "Namespace"}, name))
	}
	return w.namespaces[name], w.known[name]
}

// labelled adds what the API server adds to a namespace.
func labelled(json map[string]any, name string) map[string]any {
	meta, _ := json["metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{"name": name}
		json["metadata"] = meta
	}
	labels, _ := meta["labels"].(map[string]any)
	if labels == nil {
		labels = map[string]any{}
		meta["labels"] = labels
	}
	labels[index.NamespaceName] = name
	return json
}

// param is one parameter of a binding; object is nil where there is to be none.
type param struct {
	object *cel.Object
	secret bool
}

// params are those that a policy is evaluated with under a binding. Parameters
// that are nowhere in the repository may be in the cluster: then nothing is
// known, which is said, whatever parameterNotFoundAction is.
func (p *pass) params(d *Definition, b *Binding, r *cel.Request) iter.Seq[param] {
	return func(yield func(param) bool) {
		kind := d.ParamKind
		if kind.Kind == "" || b.Param == nil {
			yield(param{})
			return
		}
		n := 0
		seen := map[string]bool{}
		for _, o := range p.candidates(kind, r) {
			namespace := p.x.Namespace(o)
			if !p.x.Namespaced(o) {
				namespace = ""
			}
			if want := b.Param.Namespace; namespace != "" && (want != "" && want != namespace || want == "" && namespace != r.Namespace) {
				continue
			}
			key := namespace + "/" + o.Key.Name
			if seen[key] {
				continue
			}
			obj := p.parameter(o)
			if obj == nil || b.Param.Name != "" && b.Param.Name != o.Key.Name || b.Param.Name == "" && !b.Param.Selects(obj.Labels()) {
				continue
			}
			seen[key] = true
			if n++; n > maxParams {
				p.skip("", "binding %q selects over %d parameters: the rest was left out", b.Name, maxParams)
				return
			}
			if !yield(param{obj, o.Is("", "Secret")}) {
				return
			}
		}
		if n == 0 {
			what := b.Param.Name
			if what == "" {
				what = "any that its selector selects"
			}
			p.skip("put the "+strings.ToLower(kind.Kind)+" into the repository, beside the policies for instance", "binding %q of policy %q takes its parameters from the %s %s, which is not in the repository: it was not evaluated", b.Name, d.Name, strings.ToLower(kind.Kind), what)
		}
	}
}

// candidates are the objects that may be parameters: the target's own first.
func (p *pass) candidates(kind cel.ParamKind, r *cel.Request) (out []*manifest.Object) {
	g := result.Key{APIVersion: kind.APIVersion}.Group()
	for _, o := range p.x.Kind(g, kind.Kind) {
		if o.Key.APIVersion == kind.APIVersion {
			out = append(out, o)
		}
	}
	return append(out, p.named(p.applied, kind.APIVersion, kind.Kind)...)
}

// parameter converts an object once.
func (p *pass) parameter(o *manifest.Object) *cel.Object {
	if obj, ok := p.parameters[o]; ok {
		return obj
	}
	if p.parameters == nil {
		p.parameters = map[*manifest.Object]*cel.Object{}
	}
	var obj *cel.Object
	if json, ok := schema.Value(o.Root()).(map[string]any); ok {
		obj, _ = cel.NewObject(json)
	}
	p.parameters[o] = obj
	return obj
}
