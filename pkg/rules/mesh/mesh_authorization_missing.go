package mesh

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MeshAuthorizationMissing reports namespaces of a mesh in which every member
// may call everything.
var MeshAuthorizationMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "mesh-authorization-missing", Severity: result.Low, Since: "0.1",
		Title: "Namespace of the mesh has no authorization",
		Why: `mTLS says who calls; without an authorization policy nobody asks. Every
workload of the mesh, and often of the cluster, may then call every other.`,
		Fix: "add an AuthorizationPolicy that denies by default, and one for each caller (Linkerd: Server and AuthorizationPolicy)",
		Refs: []string{
			"https://istio.io/latest/docs/reference/config/security/authorization-policy/",
			"https://linkerd.io/2/reference/authorization-policy/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, ns := range p.Index.Kind("", "Namespace") {
			mesh, at := meshOf(ns)
			if mesh == "" || len(p.Index.PodsIn(ns.Key.Name)) == 0 {
				continue
			}
			if mesh == linkerd {
				policy := ns.Annotations().At("config.linkerd.io/default-inbound-policy")
				switch mode := policy.Str(); {
				case mode == "all-unauthenticated":
					p.Report(policy, "namespace %q has the default inbound policy \"all-unauthenticated\": whoever reaches its workloads may call them", ns.Key.Name)
				case mode == "deny", guarded(p, ns.Key.Name, servers):
				default:
					p.Report(at, "namespace %q is in the mesh, and no Server guards its workloads: every caller may call them", ns.Key.Name)
				}
				continue
			}
			if !guarded(p, ns.Key.Name, istioAuthorization) {
				p.Report(at, "namespace %q is in the mesh, and no AuthorizationPolicy applies to its workloads: every member may call them", ns.Key.Name)
			}
		}
	},
}

var (
	servers            = rule.Kinds("policy.linkerd.io", "Server")
	istioAuthorization = rule.Kinds("security.istio.io", "AuthorizationPolicy")
)

// guarded reports whether a policy of the namespace, or of the mesh's root
// namespace, applies to a workload of the namespace.
func guarded(p *rule.Pass, namespace string, policies rule.Matcher) bool {
	for _, o := range p.Index.Objects {
		if !policies(o) {
			continue
		}
		switch p.Index.Namespace(o) {
		case namespace:
			if applies(p, o, namespace) {
				return true
			}
		case rootNamespace:
			if !o.At("spec", "selector").Exists() {
				return true
			}
		}
	}
	return false
}

func applies(p *rule.Pass, o *manifest.Object, namespace string) bool {
	selector := o.At("spec", "selector", "matchLabels")
	if !selector.Exists() {
		selector = o.At("spec", "podSelector", "matchLabels")
	}
	if selector.Len() == 0 {
		return true
	}
	for _, pod := range p.Index.PodsIn(namespace) {
		match := true
		for k, v := range selector.Entries() {
			match = match && pod.Labels().At(k).Str() == v.Str()
		}
		if match {
			return true
		}
	}
	return false
}
