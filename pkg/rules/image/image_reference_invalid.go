package image

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ImageReferenceInvalid reports images that no runtime can pull, because they
// are no references.
var ImageReferenceInvalid = &rule.Rule{
	Meta: rule.Meta{
		ID: "image-reference-invalid", Severity: result.Medium, Since: "0.1",
		Title: "Image is no valid reference",
		Why: `The API server stores whatever string stands there, and the kubelet fails to
pull it. The pod stays in InvalidImageName until somebody looks.`,
		Fix: "write the image as registry/name:tag, in lower case, with every variable replaced",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/containers/images/#image-names",
			"https://github.com/distribution/reference",
		},
	},
	On: namesImages,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for img := range o.Images() {
			if img.Str() == "" {
				p.Report(img.Place, "container %q names no image: the pod cannot start", img.Container)
			} else if _, ok := img.Reference(); !ok {
				p.Report(img.Place, "%s %s: it cannot be pulled", subject(img), fault(img.Str()))
			}
		}
	},
}

// fault says why a string is no reference.
func fault(image string) string {
	name := image[strings.LastIndexByte(image, '/')+1:]
	name, _, _ = strings.Cut(name, ":")
	switch {
	case strings.Contains(image, "{{"), strings.Contains(image, "${"), strings.Contains(image, "$("), strings.Contains(image, "<no value>"):
		return "holds what a template left over"
	case strings.ContainsAny(image, " \t\r\n"):
		return "holds a blank"
	case strings.ToLower(name) != name, strings.ToLower(image) != image && isReference(strings.ToLower(image)):
		return "has upper-case letters, which repositories must not have"
	}
	return "is no valid reference"
}

func isReference(image string) bool { _, err := manifest.ParseReference(image); return err == nil }
