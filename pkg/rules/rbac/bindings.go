package rbac

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// authReader is the built-in Role that lets extension API servers read how
// clients authenticate; each must bind it, in kube-system.
const authReader = "extension-apiserver-authentication-reader"

// publicRoles are built in, and bound to groups of everyone by Kubernetes.
var publicRoles = []string{"system:basic-user", "system:discovery", "system:public-info-viewer", "system:service-account-issuer-discovery"}

// public reports whether a binding gives one of publicRoles.
func public(o *manifest.Object) bool {
	ref := o.At("roleRef")
	return ref.At("kind").Str() == "ClusterRole" && slices.Contains(publicRoles, ref.At("name").Str())
}

// bound is the role of a binding, for messages: clusterrole "view".
func bound(o *manifest.Object) string {
	ref := o.At("roleRef")
	return strings.ToLower(ref.At("kind").Str()) + ` "` + ref.At("name").Str() + `"`
}

// boundRules are the rules that a binding gives, none if its role is unknown.
func boundRules(p *rule.Pass, o *manifest.Object) []manifest.RoleRule {
	ref := o.At("roleRef")
	return p.RBAC().RoleRules(ref.At("kind").Str(), p.Index.Namespace(o), ref.At("name").Str())
}

// roleRules are the rules of the role with a name that a role's rule names.
func roleRules(p *rule.Pass, o *manifest.Object, kind, name string) []manifest.RoleRule {
	return p.RBAC().RoleRules(kind, p.Index.Namespace(o), name)
}

// onlyReads reports whether the rules are known and let a subject look, but
// not at Secrets.
func onlyReads(rules []manifest.RoleRule) bool {
	return len(rules) > 0 && !slices.ContainsFunc(rules, func(r manifest.RoleRule) bool { return writes(r) || readsSecrets(r) })
}

// writes reports whether the rule gives another verb than reading ones.
func writes(r manifest.RoleRule) bool {
	return slices.ContainsFunc(r.Verbs, func(v string) bool { return !slices.Contains(readVerbs, v) })
}

func readsSecrets(r manifest.RoleRule) bool {
	return slices.ContainsFunc(readVerbs, func(v string) bool { return r.Allows(v, "", "secrets") })
}
