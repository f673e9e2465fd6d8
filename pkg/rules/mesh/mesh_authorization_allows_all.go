package mesh

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MeshAuthorizationAllowsAll reports authorization that refuses nobody.
var MeshAuthorizationAllowsAll = &rule.Rule{
	Meta: rule.Meta{
		ID: "mesh-authorization-allows-all", Severity: result.Medium, Since: "0.1",
		Title: "Mesh authorization allows everyone",
		Why: `An ALLOW policy with an empty rule, or one for every identity or namespace,
cancels what other policies limit: allows add up, and one that fits is enough.`,
		Fix: "name the principals or namespaces that may call, or the paths that are open to all",
		Refs: []string{
			"https://istio.io/latest/docs/reference/config/security/authorization-policy/",
			"https://linkerd.io/2-edge/reference/authorization-policy/",
		},
	},
	On: rule.Or(rule.Kinds("security.istio.io", "AuthorizationPolicy"), rule.Kinds("policy.linkerd.io", "ServerAuthorization")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if o.Key.Kind == "ServerAuthorization" {
			if at := o.At("spec", "client", "unauthenticated"); at.IsTrue() && o.At("spec", "client", "networks").Len() == 0 {
				p.Report(at, "%s admits clients without identity from every network: whoever reaches the pod may call", o)
			}
			return
		}
		if action := o.At("spec", "action").Str(); action != "" && action != "ALLOW" {
			return
		}
		for r := range o.At("spec", "rules").Items() {
			if r.At("to").Len()+r.At("when").Len() > 0 {
				continue // only certain requests
			}
			if r.At("from").Len() == 0 {
				p.Report(r, "%s has an empty rule: it allows every request, and other policies limit nothing", o)
			}
			for f := range r.At("from").Items() {
				if at, ok := anybody(f.At("source")); ok {
					p.Report(at, "%s allows every caller: other policies limit nothing", o)
				}
			}
		}
	},
}

// anybody reports whether a source's only condition is a wildcard, and where.
func anybody(source manifest.Place) (at manifest.Place, ok bool) {
	for name, list := range source.Entries() {
		if name != "principals" && name != "namespaces" && name != "requestPrincipals" || !slices.Contains(list.Strings(), "*") || source.Len() > 1 {
			return at, false
		}
		at, ok = list, name != "requestPrincipals"
	}
	return at, ok
}
