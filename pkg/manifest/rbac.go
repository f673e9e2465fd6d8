package manifest

import (
	"iter"
	"slices"
	"strings"
)

// RBACGroup is the API group of roles and bindings.
const RBACGroup = "rbac.authorization.k8s.io"

// RoleRule is one rule of a Role or ClusterRole. Place is its own, and absent
// for a rule of a built-in role that no manifest holds.
type RoleRule struct {
	Place
	Groups, Resources, Verbs, Names, URLs []string
}

// RoleRules yields the rules of a Role or ClusterRole.
func (o *Object) RoleRules() iter.Seq[RoleRule] {
	return func(yield func(RoleRule) bool) {
		for r := range o.At("rules").Items() {
			if !yield(RoleRule{
				Place:  r,
				Groups: r.At("apiGroups").Strings(), Resources: r.At("resources").Strings(),
				Verbs: r.At("verbs").Strings(), Names: r.At("resourceNames").Strings(),
				URLs: r.At("nonResourceURLs").Strings(),
			}) {
				return
			}
		}
	}
}

// standardVerbs are those by which objects are read and written.
var standardVerbs = [...]string{"get", "list", "watch", "create", "update", "patch", "delete"}

// AllPermissions reports whether the rule allows everything on every resource
// or on every URL: by the wildcard, or by naming each verb of reading and
// writing, which suffices to take the others.
func (r RoleRule) AllPermissions() bool {
	named := !slices.ContainsFunc(standardVerbs[:], func(v string) bool { return !slices.Contains(r.Verbs, v) })
	return (named || slices.Contains(r.Verbs, "*")) && len(r.Names) == 0 &&
		(slices.Contains(r.Groups, "*") && slices.Contains(r.Resources, "*") || slices.Contains(r.URLs, "*"))
}

// AllowsVerb reports whether the rule grants the verb on what it names.
func (r RoleRule) AllowsVerb(verb string) bool {
	return slices.Contains(r.Verbs, verb) || slices.Contains(r.Verbs, "*")
}

// InGroup reports whether the rule speaks of the API group.
func (r RoleRule) InGroup(group string) bool {
	return slices.Contains(r.Groups, group) || slices.Contains(r.Groups, "*")
}

// Allows reports whether the rule grants the verb on the resource ("secrets",
// "pods/exec"), by name or by wildcard, whatever resourceNames say.
func (r RoleRule) Allows(verb, group, resource string) bool {
	return r.AllowsVerb(verb) && r.InGroup(group) && slices.ContainsFunc(r.Resources, func(pattern string) bool {
		return pattern == "*" || ResourceMatches(pattern, resource)
	})
}

// ResourceMatches reports whether a role's resource other than "*" covers the
// resource: by name, as "*/exec", or as "pods/*", which older servers took for
// every subresource.
func ResourceMatches(pattern, resource string) bool {
	if pattern == resource {
		return true
	}
	kind, sub, _ := strings.Cut(resource, "/")
	return sub != "" && (pattern == "*/"+sub || pattern == kind+"/*")
}

// Subject is one subject of a binding.
type Subject struct {
	Place
	Kind, Name string
	// Namespace of a service account; the binding's own where none is written.
	Namespace string
}

// ServiceAccount is the subject's service account, whether it is written as
// one or as the user that stands for it; ok is false if it is none.
func (s Subject) ServiceAccount() (namespace, name string, ok bool) {
	switch s.Kind {
	case "ServiceAccount":
		return s.Namespace, s.Name, true
	case "User":
		if rest, found := strings.CutPrefix(s.Name, "system:serviceaccount:"); found {
			namespace, name, ok = strings.Cut(rest, ":")
			return namespace, name, ok
		}
	}
	return "", "", false
}

// String is "group \"system:masters\"", for messages.
func (s Subject) String() string {
	if s.Kind == "ServiceAccount" {
		return "service account " + quoteKey(s.Namespace, s.Name)
	}
	return strings.ToLower(s.Kind) + " " + quoteKey("", s.Name)
}

// Subjects yields the subjects of a RoleBinding or ClusterRoleBinding.
func (o *Object) Subjects() iter.Seq[Subject] {
	return func(yield func(Subject) bool) {
		for s := range o.At("subjects").Items() {
			sub := Subject{Place: s, Kind: s.At("kind").Str(), Name: s.At("name").Str()}
			if sub.Kind == "ServiceAccount" {
				if sub.Namespace = s.At("namespace").Str(); sub.Namespace == "" {
					sub.Namespace = o.Key.Namespace
				}
			}
			if !yield(sub) {
				return
			}
		}
	}
}
