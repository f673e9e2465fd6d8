package image

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ImageEndOfLife reports images whose tag names a release that nobody supports
// any more.
var ImageEndOfLife = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-end-of-life", Severity: result.Medium, Since: "0.1",
		Title: "Image is of a release without support",
		Why: `After its end a release gets no security fixes, and what is found from then on
stays open. A scan of the image tells it only after the image is pulled; the
tag tells it now.`,
		Fix: "move to a release line that is still supported",
		Refs: []string{
			"https://endoflife.date/",
			"https://kubernetes.io/releases/patch-releases/",
		},
	},
	On: namesImages,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for img := range o.Images() {
			ref, ok := img.Reference()
			if !ok {
				continue
			}
			if product, on := endOf(ref); product != "" {
				p.Report(img.Place, "%s is of %s, whose support ended on %s: it gets no more fixes (table of %s)", subject(img), product, on, tableDate)
			}
		}
	},
}

// endOf names the product that the reference's tag tells, and the day that its
// support ended; "" if it is supported or unknown.
func endOf(ref manifest.Reference) (product, on string) {
	for _, l := range lifetimes {
		if named(ref, l.names) {
			if product, on = l.end(ref.Tag); product != "" {
				return product, on
			}
		}
	}
	for part := range strings.SplitSeq(ref.Tag, "-") {
		if base, ok := endedBases[part]; ok {
			return base.product, base.on
		}
		if version, ok := strings.CutPrefix(part, "alpine"); ok {
			if product, on = alpine.end(version); product != "" {
				return product, on
			}
		}
	}
	return "", ""
}

// end is the ended line that the tag is of.
func (l lifetime) end(tag string) (product, on string) {
	first, r := l.ended[0], release(tag)
	switch {
	case first.line == "":
		return l.product, first.on
	case r == nil:
		return "", ""
	case before(r, release(first.line)):
		return l.product + " " + first.line + " or older", first.on
	}
	for _, e := range l.ended {
		if within(r, release(e.line)) {
			return l.product + " " + e.line, e.on
		}
	}
	return "", ""
}
