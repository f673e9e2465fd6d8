package namespace

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

var namespaces = rule.Kinds("", "Namespace")

// level is the Namespace's Pod Security label of the mode: enforce, warn,
// audit, or enforce-version.
func level(o *manifest.Object, mode string) manifest.Place {
	return o.Labels().At("pod-security.kubernetes.io/" + mode)
}
