package image

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ImageDigestMissing reports images that are not pinned by digest.
var ImageDigestMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-digest-missing", Severity: result.Low, Off: true, Since: "0.1",
		Title: "Image is not pinned by digest",
		Why: `A tag is a name that the registry may move; a digest is the content. Only a
digest makes sure that what was reviewed and scanned is what starts. Without a
bot that updates digests they age, which is why this rule is off by default.`,
		Fix: "add @sha256:… to the image, and let a bot keep it up to date",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/containers/images/#image-names",
		},
	},
	On:     namesImages,
	Params: func() any { return &MutableTagParams{Tags: movingTags()} },
	Object: func(p *rule.Pass, o *manifest.Object) {
		tags := p.Params.(*MutableTagParams).Tags
		for img := range o.Images() {
			ref, ok := img.Reference()
			// A moving tag is said more strongly by image-mutable-tag.
			if ok && ref.Digest == "" && ref.Tag != "" && !slices.Contains(tags, ref.Tag) {
				p.Report(img.Place, "%s has no digest: whoever can push the tag decides what runs", subject(img))
			}
		}
	},
}
