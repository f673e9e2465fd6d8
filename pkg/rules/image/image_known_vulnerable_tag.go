package image

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ImageKnownVulnerableTag reports releases with a fault that is exploited or
// critical and well known.
var ImageKnownVulnerableTag = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-known-vulnerable-tag", Severity: result.High, Since: "0.1",
		Title: "Image has a well-known critical fault",
		Why: `The fault of these releases is public, rated critical or exploited in the
wild, and tools for it are at hand. The table holds few and grave ones; a scan
of the image finds the others.`,
		Fix: "move to a release that the message names as mended, or to a newer one",
		Refs: []string{
			"https://www.cisa.gov/known-exploited-vulnerabilities-catalog",
			"https://nvd.nist.gov/vuln/search",
		},
	},
	On: namesImages,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for img := range o.Images() {
			ref, ok := img.Reference()
			if !ok {
				continue
			}
			r := release(ref.Tag)
			for _, a := range advisories {
				if named(ref, a.names) && a.affects(r) {
					p.Add(rule.Problem{At: img.Place, Evidence: a.cve, Message: fmt.Sprintf("%s has %s: %s (mended in %s; table of %s)",
						subject(img), a.cve, a.what, strings.Join(a.fixed, ", "), tableDate)})
				}
			}
		}
	},
}
