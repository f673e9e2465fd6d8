// Package rbac works out what the subjects of a target may do and what they
// may become. Bindings and aggregated roles are expanded once into grants;
// roles and bindings that every cluster has are known from upstream's bootstrap
// policy for the target's version. A role that is neither rendered nor built in
// grants nothing here, as nobody can tell what it holds.
//
// Graph joins the grants into escalation paths: nodes are subjects, sets of
// them and goals; an edge is a technique, a table row that names the rights it
// takes (technique.go).
package rbac

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Subject is who holds a role: a service account, a user or a group.
type Subject struct {
	Kind      string // "ServiceAccount", "User" or "Group"
	Namespace string // of a service account
	Name      string
}

// Role is a Role or ClusterRole with the rules of those that it aggregates.
// Immutable once built.
type Role struct {
	Kind, Name string
	Object     *manifest.Object // nil for one that every cluster has
	Rules      []manifest.RoleRule
	rights     []ruleRights // of the rules with rights that lead on
}

// Grant is one rule that a binding gives to a subject.
type Grant struct {
	*Held
	Rule manifest.RoleRule
}

// Held is a role that a binding gives to a subject.
type Held struct {
	Role        *Role
	BindingKind string
	BindingName string
	Binding     *manifest.Object // nil for one that every cluster has
	// Namespace is where the role holds, "" for the whole cluster.
	Namespace string
}

// Permissions are the roles of one target's subjects. Immutable once built.
type Permissions struct {
	x       *index.Index
	builtin *policy
	cluster map[string]*manifest.Object // ClusterRoles of the target, by name
	role    func(roleKey) *Role
	held    map[Subject][]*Held
	graph   func() *Graph
}

type sharedKey struct{}

// Of is the target's, worked out at the first call and shared by all who ask.
func Of(x *index.Index) *Permissions {
	return x.Shared(sharedKey{}, func() any { return New(x) }).(*Permissions)
}

// New expands the bindings of a target.
func New(x *index.Index) *Permissions {
	p := &Permissions{x: x, builtin: builtinFor(x.Version()), cluster: map[string]*manifest.Object{}, held: map[Subject][]*Held{}}
	for _, o := range x.Kind(manifest.RBACGroup, "ClusterRole") {
		p.cluster[o.Key.Name] = o
	}
	var mu sync.Mutex
	roles := map[roleKey]*Role{}
	p.role = func(k roleKey) *Role {
		mu.Lock()
		defer mu.Unlock()
		r, ok := roles[k]
		if !ok {
			r = p.expand(k)
			roles[k] = r
		}
		return r
	}
	p.graph = sync.OnceValue(func() *Graph { return newGraph(p) })
	rendered := map[roleKey]bool{}
	for _, kind := range [...]string{"RoleBinding", "ClusterRoleBinding"} {
		for _, b := range x.Kind(manifest.RBACGroup, kind) {
			p.bind(b)
			rendered[roleKey{kind, namespaceOf(x, b), b.Key.Name}] = true
		}
	}
	for _, b := range p.builtin.bindings {
		if rendered[roleKey{b.kind, b.namespace, b.name}] {
			continue // the target's own wins
		}
		if r := p.role(b.role); r != nil {
			h := &Held{Role: r, BindingKind: b.kind, BindingName: b.name, Namespace: b.namespace}
			for _, s := range b.subjects {
				p.held[s] = append(p.held[s], h)
			}
		}
	}
	return p
}

// namespaceOf is where a role or binding holds, "" for the whole cluster.
func namespaceOf(x *index.Index, o *manifest.Object) string {
	if strings.HasPrefix(o.Key.Kind, "Cluster") {
		return ""
	}
	return x.Namespace(o)
}

func (p *Permissions) bind(b *manifest.Object) {
	h := &Held{BindingKind: b.Key.Kind, BindingName: b.Key.Name, Binding: b, Namespace: namespaceOf(p.x, b)}
	kind, name := b.At("roleRef", "kind").Str(), b.At("roleRef", "name").Str()
	if h.Role = p.Role(kind, h.Namespace, name); h.Role == nil {
		return
	}
	seen := map[Subject]bool{}
	for s := range b.Subjects() {
		sub := Subject{Kind: s.Kind, Name: s.Name}
		if ns, name, ok := s.ServiceAccount(); ok {
			sub = Subject{"ServiceAccount", cmp.Or(ns, p.x.Namespace(b)), name}
		}
		if !seen[sub] {
			seen[sub] = true
			p.held[sub] = append(p.held[sub], h)
		}
	}
}

// Groups are the groups that a subject belongs to by itself. Whoever has a
// token may leave it out, so everybody may do what the unauthenticated may.
func (s Subject) Groups() []Subject {
	group := func(name string) Subject { return Subject{Kind: "Group", Name: name} }
	out := []Subject{group("system:unauthenticated")}
	if s.Kind == "Group" {
		if s.Name == "system:unauthenticated" {
			return nil
		}
		if s.Name == "system:authenticated" {
			return out
		}
	}
	out = append([]Subject{group("system:authenticated")}, out...)
	if s.Kind == "ServiceAccount" {
		out = append([]Subject{group("system:serviceaccounts:" + s.Namespace), group("system:serviceaccounts")}, out...)
	}
	return out
}

// Of lists what a service account may do, through itself and through the
// groups that every account belongs to.
func (p *Permissions) Of(namespace, name string) []Grant {
	var out []Grant
	s := Subject{"ServiceAccount", namespace, name}
	for _, who := range append([]Subject{s}, s.Groups()...) {
		for _, h := range p.held[who] {
			for _, r := range h.Role.Rules {
				out = append(out, Grant{h, r})
			}
		}
	}
	return out
}

// Role is the role of the kind and name as a binding in the namespace ("" for
// a ClusterRoleBinding) refers to it; nil if nobody can tell what it holds.
func (p *Permissions) Role(kind, namespace, name string) *Role {
	if kind == "ClusterRole" {
		namespace = ""
	}
	return p.role(roleKey{kind, namespace, name})
}

// RoleRules are the rules of Role, none if nobody can tell.
func (p *Permissions) RoleRules(kind, namespace, name string) []manifest.RoleRule {
	if r := p.Role(kind, namespace, name); r != nil {
		return r.Rules
	}
	return nil
}

// BuiltinRules are the rules that a role of every cluster has by itself.
func (p *Permissions) BuiltinRules(clusterRole string) []manifest.RoleRule {
	if r := p.builtin.roles[roleKey{"ClusterRole", "", clusterRole}]; r != nil {
		return r.Rules
	}
	return nil
}

func (p *Permissions) expand(k roleKey) *Role {
	r := &Role{Kind: k.kind, Name: k.name}
	if k.kind == "Role" {
		r.Object = p.x.Get(manifest.RBACGroup, "Role", k.namespace, k.name)
	} else {
		r.Object = p.cluster[k.name]
	}
	upstream := p.builtin.roles[k]
	switch {
	case r.Object != nil:
		r.Rules = slices.Collect(r.Object.RoleRules())
	case upstream != nil:
		r.Rules = upstream.Rules[:len(upstream.Rules):len(upstream.Rules)]
		r.rights = upstream.rights
	}
	own := len(r.Rules)
	if k.kind == "ClusterRole" && (r.Object == nil && aggregation[k.name] != nil || r.Object != nil && r.Object.At("aggregationRule").Exists()) {
		for _, o := range p.x.Kind(manifest.RBACGroup, "ClusterRole") {
			if o != r.Object && aggregates(r.Object, k.name, o) {
				r.Rules = slices.AppendSeq(r.Rules, o.RoleRules())
			}
		}
	}
	if r.Object == nil && upstream == nil {
		return nil
	}
	if r.Object != nil || len(r.Rules) > own {
		r.weigh()
	}
	return r
}

// aggregates reports whether the cluster role (own, or the built-in one of the
// name) takes in the rules of another.
func aggregates(own *manifest.Object, name string, other *manifest.Object) bool {
	if own == nil {
		for _, into := range aggregation[name] {
			if other.Labels().At("rbac.authorization.k8s.io/aggregate-to-"+into).Str() == "true" {
				return true
			}
		}
		return false
	}
	for s := range own.At("aggregationRule", "clusterRoleSelectors").Items() {
		if index.Matches(s, other.Labels()) {
			return true
		}
	}
	return false
}

// Account is a service account whose token a pod holds.
type Account struct {
	Subject
	At manifest.Place // what in the pod's object gives it the token
}

// Accounts lists the service accounts whose token the pod holds: its own, as
// far as it is mounted, and those of token Secrets that it mounts or reads.
func (p *Permissions) Accounts(pod manifest.Pod) []Account {
	var out []Account
	namespace, name := p.x.AccountOf(pod)
	if p.x.TokenMounted(pod) {
		out = append(out, Account{Subject{"ServiceAccount", namespace, name}, pod.ServiceAccount()})
	}
	add := func(secret manifest.Place) {
		if o := p.x.Get("", "Secret", namespace, secret.Str()); o != nil {
			if a, ok := tokenOf(o, namespace); ok && !slices.ContainsFunc(out, func(b Account) bool { return b.Subject == a }) {
				out = append(out, Account{a, secret})
			}
		}
	}
	for v := range pod.Spec.At("volumes").Items() {
		add(v.At("secret", "secretName"))
		for s := range v.At("projected", "sources").Items() {
			add(s.At("secret", "name"))
		}
	}
	for c := range pod.Containers() {
		for e := range c.At("env").Items() {
			add(e.At("valueFrom", "secretKeyRef", "name"))
		}
		for e := range c.At("envFrom").Items() {
			add(e.At("secretRef", "name"))
		}
	}
	return out
}

// tokenOf is the account whose token the Secret holds; ok is false for others.
func tokenOf(secret *manifest.Object, namespace string) (a Subject, ok bool) {
	name := secret.Annotations().At("kubernetes.io/service-account.name").Str()
	return Subject{"ServiceAccount", namespace, name}, name != "" && secret.At("type").Str() == "kubernetes.io/service-account-token"
}

// Graph is built at the first call.
func (p *Permissions) Graph() *Graph { return p.graph() }
