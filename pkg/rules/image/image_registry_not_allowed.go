package image

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ImageRegistryNotAllowed reports images from outside of the registries that
// the configuration allows.
var ImageRegistryNotAllowed = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-registry-not-allowed", Severity: result.Medium, Since: "0.1",
		Title: "Image comes from a registry that is not allowed",
		Why: `Whoever can push to a registry that nobody vetted decides what runs. A list of
allowed registries and folders keeps typing errors, look-alike names and
private experiments out of the cluster.`,
		Fix: "take the image from an allowed registry, or add its prefix to the rule's allowed parameter",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/containers/images/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	On:     namesImages,
	Params: func() any { return &RegistryParams{Allowed: []string{}, Denied: []string{}} },
	Object: func(p *rule.Pass, o *manifest.Object) {
		params := p.Params.(*RegistryParams)
		for img := range o.Images() {
			ref, ok := img.Reference()
			if !ok {
				continue
			}
			if i := slices.IndexFunc(params.Denied, ref.Under); i >= 0 {
				p.Report(img.Place, "%s comes from %s, which the denied prefix %q covers", subject(img), ref.Name(), params.Denied[i])
			} else if len(params.Allowed) > 0 && !slices.ContainsFunc(params.Allowed, ref.Under) {
				p.Report(img.Place, "%s comes from %s, which no allowed prefix covers: nobody vetted who pushes there", subject(img), ref.Name())
			}
		}
	},
}

// RegistryParams are the parameters of image-registry-not-allowed: prefixes of
// image names by whole components, such as "ghcr.io/example". Names without a
// registry are below docker.io, those without a folder below docker.io/library.
type RegistryParams struct {
	// Allowed are the only prefixes to take images from; none means any.
	Allowed []string `yaml:"allowed"`
	// Denied are prefixes to take no image from, even if allowed.
	Denied []string `yaml:"denied"`
}
