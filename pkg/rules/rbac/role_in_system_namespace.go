package rbac

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// RoleInSystemNamespace reports rights to change the namespaces of the cluster
// itself.
var RoleInSystemNamespace = &rule.Rule{
	Meta: rule.Meta{
		ID: "role-in-system-namespace", Severity: result.Medium, Since: "0.1",
		Title: "Rights in a namespace of the system",
		Why: `kube-system holds the cluster's own components, their settings and their
tokens: the right to write there, or to read its Secrets, is close to the
cluster itself. In default it reaches whatever names no namespace.`,
		Fix: "move the role and what it is for to a namespace of its own",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces",
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
		},
	},
	On: rule.Kinds(manifest.RBACGroup, "Role", "RoleBinding"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		namespace := o.Key.Namespace
		if !systemNamespace(p, namespace) || o.Labels().At("kubernetes.io/bootstrapping").Exists() || o.At("roleRef", "name").Str() == authReader {
			return
		}
		var rules []manifest.RoleRule
		if o.Is(manifest.RBACGroup, "Role") {
			rules = slices.Collect(o.RoleRules())
		} else if o.At("roleRef", "kind").Str() == "ClusterRole" { // a Role is reported itself
			rules = boundRules(p, o)
		}
		for _, r := range rules {
			if writes(r) || readsSecrets(r) {
				p.Report(o.At("metadata", "namespace"), "%s gives rights to change or read secrets in namespace %q, which is the system's", o, namespace)
				return
			}
		}
	},
}

func systemNamespace(p *rule.Pass, namespace string) bool {
	switch namespace {
	case "kube-system", "kube-public", "kube-node-lease":
		return true
	case "default":
		// For a chart that nobody placed, "default" is the renderer's word.
		t := p.Index.Target
		return t.Kind != result.KindHelm || t.Helm != nil && t.Helm.Namespace != ""
	}
	return false
}
