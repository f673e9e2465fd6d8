package image

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MutableTagParams are the parameters of image-mutable-tag.
type MutableTagParams struct {
	// Tags are the tags that are known to move.
	Tags []string `yaml:"tags"`
}

func movingTags() []string {
	return []string{"latest", "stable", "main", "master", "edge", "nightly", "dev", "develop", "canary", "snapshot", "head"}
}

// ImageMutableTag reports images whose tag moves: latest, a branch name, or
// none.
var ImageMutableTag = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-mutable-tag", Severity: result.Medium, Since: "0.1",
		Title: "Image tag is mutable",
		Why: `The registry may answer the same reference with other contents tomorrow, so
what was tested is not what runs, nodes of one workload may run different
code, a rollback brings nothing back, and whoever can push the tag deploys.`,
		Fix: "name a released version in the image's tag, or add its digest",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/containers/images/#image-names",
			"https://kubernetes.io/docs/concepts/configuration/overview/",
		},
	},
	On:     namesImages,
	Params: func() any { return &MutableTagParams{Tags: movingTags()} },
	Object: func(p *rule.Pass, o *manifest.Object) {
		tags := p.Params.(*MutableTagParams).Tags
		for img := range o.Images() {
			ref, ok := img.Reference()
			switch {
			case !ok || ref.Digest != "":
			case ref.Tag == "":
				p.Report(img.Place, "%s has no tag, which means latest: its contents may change with every pull", subject(img))
			case slices.Contains(tags, ref.Tag):
				p.Report(img.Place, "%s follows the moving tag %q: its contents may change with every pull", subject(img), ref.Tag)
			}
		}
	},
}
