package image

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PullParams are the rule's parameters.
type PullParams struct {
	// Explicit also reports containers that write no policy, whose tag makes
	// it Always.
	Explicit bool `yaml:"explicit"`
}

// ImagePullNotAlways reports images that nodes may start without asking the
// registry.
var ImagePullNotAlways = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-pull-not-always", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Image is not pulled at each start",
		Why: `An image that lies on a node starts for every pod that names it, even for one
that could not pull it: only a pull checks the credentials. With digests or
fixed tags pulling always adds little but load, hence off by default.`,
		Fix:  "set imagePullPolicy: Always, or pin the image by digest",
		Want: "Always",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy",
			"https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#alwayspullimages",
		},
	},
	Params: func() any { return &PullParams{} },
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		for _, img := range pulls(pod) {
			ref, _ := img.Reference()
			switch {
			case ref.Digest != "":
			case img.policy.Str() == "" && p.Params.(*PullParams).Explicit:
				p.Report(img.policy, "pull policy of %s is left to its tag: a pod that may not pull it may start it where it already lies", subject(img.Image))
			case img.effective() != "Always":
				p.Report(img.policy, "pull policy of %s is %s: a pod that may not pull it can start it where it already lies", subject(img.Image), img.effective())
			}
		}
	},
}
