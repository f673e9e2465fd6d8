package image

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ImageRegistryDeprecated reports images in places that are frozen, moved or
// gone.
var ImageRegistryDeprecated = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-registry-deprecated", Severity: result.Medium, Since: "0.1",
		Title: "Registry is frozen or gone",
		Why: `Nothing new is published there, fixes included, and the day it is switched off
new nodes cannot start the pods. Some of these places were given up by name,
and may be taken by somebody else.`,
		Fix: "name the same release in the place that the message names",
		Refs: []string{
			"https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/",
			"https://kubernetes.io/blog/2023/03/10/image-registry-redirect/",
		},
	},
	On: namesImages,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for img := range o.Images() {
			ref, ok := img.Reference()
			if !ok {
				continue
			}
			for _, r := range retiredRegistries {
				if ref.Under(r.prefix) {
					p.Report(img.Place, "%s comes from %s, which gets no images since %s: its successor is %s", subject(img), r.prefix, r.since, r.successor)
					break
				}
			}
		}
	},
}
