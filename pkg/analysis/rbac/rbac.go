// Package rbac works out what the service accounts of a target may do: its
// bindings and aggregated roles, expanded once into grants. Roles that every
// cluster has are known by table; a role that is neither rendered nor built in
// grants nothing here, as nobody can tell what it holds.
package rbac

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// Grant is one rule that a binding gives to a subject.
type Grant struct {
	Rule     manifest.RoleRule
	RoleKind string // "Role" or "ClusterRole"
	RoleName string
	Binding  *manifest.Object
	// Namespace is where the rule holds, "" for the whole cluster.
	Namespace string
}

// Permissions are the grants of one target, by subject. Immutable once built.
type Permissions struct {
	accounts map[account][]Grant
	groups   map[string][]Grant
}

type account struct{ namespace, name string }

// New expands the bindings of a target.
func New(x *index.Index) *Permissions {
	p := &Permissions{accounts: map[account][]Grant{}, groups: map[string][]Grant{}}
	for _, kind := range [...]string{"RoleBinding", "ClusterRoleBinding"} {
		for _, b := range x.Kind(manifest.RBACGroup, kind) {
			p.bind(x, b)
		}
	}
	return p
}

func (p *Permissions) bind(x *index.Index, b *manifest.Object) {
	namespace := ""
	if b.Key.Kind == "RoleBinding" {
		namespace = x.Namespace(b)
	}
	roleKind, roleName := b.At("roleRef", "kind").Str(), b.At("roleRef", "name").Str()
	var grants []Grant
	for _, r := range RoleRules(x, roleKind, namespace, roleName) {
		grants = append(grants, Grant{Rule: r, RoleKind: roleKind, RoleName: roleName, Binding: b, Namespace: namespace})
	}
	for s := range b.Subjects() {
		if ns, name, ok := s.ServiceAccount(); ok {
			if ns == "" {
				ns = x.Namespace(b)
			}
			a := account{ns, name}
			p.accounts[a] = append(p.accounts[a], grants...)
		} else if s.Kind == "Group" {
			p.groups[s.Name] = append(p.groups[s.Name], grants...)
		}
	}
}

// Of lists what a service account may do, through itself and through the
// groups that every account belongs to.
func (p *Permissions) Of(namespace, name string) []Grant {
	return slices.Concat(
		p.accounts[account{namespace, name}],
		p.groups["system:serviceaccounts:"+namespace],
		p.groups["system:serviceaccounts"],
		p.groups["system:authenticated"],
	)
}

// RoleRules are the rules of a role with those of the cluster roles that it
// aggregates; none if nobody can tell.
func RoleRules(x *index.Index, kind, namespace, name string) []manifest.RoleRule {
	if kind == "Role" {
		if o := x.Get(manifest.RBACGroup, kind, namespace, name); o != nil {
			return slices.Collect(o.RoleRules())
		}
		return nil
	}
	var rules []manifest.RoleRule
	var own *manifest.Object
	for _, o := range x.Kind(manifest.RBACGroup, "ClusterRole") {
		if o.Key.Name == name {
			own = o
		}
	}
	if own != nil {
		rules = slices.Collect(own.RoleRules())
	} else {
		rules = slices.Clone(builtin[name])
	}
	for _, o := range x.Kind(manifest.RBACGroup, "ClusterRole") {
		if o != own && aggregates(own, name, o) {
			rules = slices.AppendSeq(rules, o.RoleRules())
		}
	}
	return rules
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
