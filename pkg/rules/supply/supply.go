package supply

import (
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

const argoGroup = "argoproj.io"

// exactVersion is one release of a chart; every other version is a range, and
// an empty one is the newest.
var exactVersion = regexp.MustCompile(`^v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$`)

// commit is a Git commit's full name.
var commit = regexp.MustCompile(`\b[0-9a-f]{40}\b`)

// plainHTTP reports whether the address is fetched in clear.
func plainHTTP(url string) bool { return strings.HasPrefix(strings.ToLower(url), "http://") }

// applications are Argo CD's Applications and the ApplicationSets that make
// them.
var applications = rule.Kinds(argoGroup, "Application", "ApplicationSet")

// applicationSpec is the spec of an Application, or of what an ApplicationSet
// makes.
func applicationSpec(o *manifest.Object) manifest.Place {
	if o.Key.Kind == "ApplicationSet" {
		return o.At("spec", "template", "spec")
	}
	return o.At("spec")
}

// templated reports whether an ApplicationSet fills the value in.
func templated(value string) bool { return strings.Contains(value, "{{") }
