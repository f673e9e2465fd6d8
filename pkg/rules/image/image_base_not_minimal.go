package image

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ImageBaseNotMinimal reports whole distributions where the reference shows
// that a smaller base exists.
var ImageBaseNotMinimal = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-base-not-minimal", Severity: result.Info, Since: "0.1",
		Title: "Image has a full distribution as its base",
		Why: `Shells, package managers and compilers in an image are tools for whoever gets
in, and every package is one more to patch. The same repository offers the
same program on a smaller base.`,
		Fix: "use the smaller variant of the tag, or build on a distroless base",
		Refs: []string{
			"https://docs.docker.com/build/building/best-practices/#choose-the-right-base-image",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	On: namesImages,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for img := range o.Images() {
			ref, ok := img.Reference()
			if !ok || slices.ContainsFunc(slimMarks, func(m string) bool { return strings.Contains(ref.Tag, m) }) {
				continue
			}
			if named(ref, distributions) {
				p.Report(img.Place, "%s is a whole distribution: its shell and packages are tools for whoever gets in", subject(img))
				continue
			}
			if ref.Tag == "" && ref.Digest != "" {
				continue // which variant it is, the digest does not tell
			}
			for _, v := range slimVariants {
				if named(ref, v.names) {
					p.Report(img.Place, "%s has a full distribution as its base, where the repository offers %q: its tools serve whoever gets in", subject(img), v.offer)
				}
			}
		}
	},
}
