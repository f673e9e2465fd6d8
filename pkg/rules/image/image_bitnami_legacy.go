package image

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ImageBitnamiLegacy reports images of Bitnami's withdrawn free catalogue.
var ImageBitnamiLegacy = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-bitnami-legacy", Severity: result.High, Since: "0.1",
		Title: "Bitnami image is withdrawn",
		Why: `On 28 August 2025 Bitnami moved its free images to docker.io/bitnamilegacy,
which is frozen and gets no fixes, and began to withdraw the versioned tags of
docker.io/bitnami. Pods that name them stay on old faults, or do not start on
the next node.`,
		Fix: "move to the project's own image, to a maintained catalogue, or to a build of your own",
		Refs: []string{
			"https://github.com/bitnami/containers/issues/83267",
			"https://github.com/bitnami/charts/issues/35164",
		},
	},
	On: namesImages,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for img := range o.Images() {
			ref, ok := img.Reference()
			switch {
			case !ok:
			case ref.Under("docker.io/bitnamilegacy"):
				p.Report(img.Place, "%s is of the frozen catalogue bitnamilegacy: it gets no fixes since August 2025", subject(img))
			case ref.Under("docker.io/bitnami") && ref.Tag != "" && ref.Tag != "latest":
				p.Report(img.Place, "%s has a versioned tag of Bitnami's free catalogue, withdrawn in August 2025: it gets no fixes and may not pull", subject(img))
			}
		}
	},
}
