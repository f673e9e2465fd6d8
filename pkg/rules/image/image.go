package image

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// namesImages matches objects that name an image anywhere.
func namesImages(o *manifest.Object) bool {
	for range o.Images() {
		return true
	}
	return false
}

// subject names the image, and the container if one names it.
func subject(img manifest.Image) string {
	if img.Container == "" {
		return fmt.Sprintf("image %q", img.Str())
	}
	return fmt.Sprintf("image %q of container %q", img.Str(), img.Container)
}
