package ingress

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressSnippetsAllowed reports controllers that take raw configuration from
// Ingresses.
var IngressSnippetsAllowed = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-snippets-allowed", Severity: result.High, Since: "0.1",
		Title: "Controller takes raw configuration from Ingresses",
		Why: `With snippets allowed, or without checks of paths, whoever may edit an Ingress
in any namespace writes the controller's configuration, and reads what its
account may read: by default every Secret.`,
		Fix:  "set allow-snippet-annotations to \"false\", annotations-risk-level to High or lower, and strict-validate-path-type to \"true\"",
		Want: `"false"`,
		Refs: []string{
			"https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/#allow-snippet-annotations",
			"https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/#annotations-risk-level",
		},
	},
	On: configMaps,
	Object: func(p *rule.Pass, o *manifest.Object) {
		if !controllerConfig(p.Index, o) {
			return
		}
		allow := o.At("data", "allow-snippet-annotations")
		switch {
		case yes(allow):
			p.Report(allow, "%s lets Ingresses carry raw nginx configuration: whoever may edit one commands the controller", o)
		case !allow.Exists() && olderThan(p.Index, o, version{1, 9, 0}):
			p.Add(rule.Problem{
				At: o.At("data"), WantAt: allow,
				Message: fmt.Sprintf("%s does not forbid snippets, which controllers before 1.9 allow: whoever may edit an Ingress commands the controller", o),
			})
		}
		if at := o.At("data", "annotations-risk-level"); at.Str() == "Critical" {
			p.Add(rule.Problem{At: at, Want: "High", Message: fmt.Sprintf("%s accepts annotations of critical risk, which write the controller's configuration", o)})
		}
		if at := o.At("data", "strict-validate-path-type"); no(at) {
			p.Add(rule.Problem{At: at, Want: `"true"`, Message: fmt.Sprintf("%s takes any path as it is: a path can write the controller's configuration", o)})
		}
	},
}

// olderThan reports whether a rendered controller beside the ConfigMap is
// known to be older than v.
func olderThan(x *index.Index, config *manifest.Object, v version) bool {
	for _, c := range controllers(x) {
		if x.Namespace(c.pod.Object) == x.Namespace(config) && c.version != (version{}) && c.version.before(v) {
			return true
		}
	}
	return false
}
