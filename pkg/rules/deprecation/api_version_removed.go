package deprecation

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ApiVersionRemoved reports objects of an API version that the target no longer
// serves.
var ApiVersionRemoved = &rule.Rule{
	Meta: rule.Meta{
		ID: "api-version-removed", Severity: result.High, Since: "0.1",
		Title: "API version is no longer served",
		Why: `The API server of the target's version does not know the object's kind in this
version: applying it fails, and so does the deployment.`,
		Fix: "write the object in the version that replaced it",
		Refs: []string{
			"https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
		},
	},
	On: rule.Any,
	Object: func(p *rule.Pass, o *manifest.Object) {
		v := p.Index.Version()
		if r, ok := retirementOf(o); ok && r.removed > 0 && !v.Before(r.removed, 0) {
			p.Add(rule.Problem{At: o.At("apiVersion"), Fix: r.fix(),
				Message: fmt.Sprintf("%s has %s, which Kubernetes serves no more since 1.%d (the target is %s): applying it fails", o, o.Key.APIVersion, r.removed, v)})
		}
	},
}
