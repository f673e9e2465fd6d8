package deprecation

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ApiVersionDeprecated reports objects of an API version that will be dropped.
var ApiVersionDeprecated = &rule.Rule{
	Meta: rule.Meta{
		ID: "api-version-deprecated", Severity: result.Low, Since: "0.1",
		Title: "API version is deprecated",
		Why: `The version is still served, but a later release drops it. Whoever upgrades
the cluster then finds that the manifests cannot be applied any more.`,
		Fix: "write the object in the version that replaces it",
		Refs: []string{
			"https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
		},
	},
	On: rule.Any,
	Object: func(p *rule.Pass, o *manifest.Object) {
		v := p.Index.Version()
		r, ok := retirementOf(o)
		if !ok || v.Before(r.deprecated, 0) || r.removed > 0 && !v.Before(r.removed, 0) {
			return
		}
		end := "a later release drops it"
		if r.removed > 0 {
			end = fmt.Sprintf("1.%d drops it", r.removed)
		}
		p.Add(rule.Problem{At: o.At("apiVersion"), Fix: r.fix(),
			Message: fmt.Sprintf("%s has %s, which is deprecated in favour of %s: %s", o, o.Key.APIVersion, r.successor, end)})
	},
}
