package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// DefaultServiceAccountAutomounts reports default service accounts whose token
// is mounted into pods.
var DefaultServiceAccountAutomounts = &rule.Rule{
	Meta: rule.Meta{
		ID: "default-service-account-automounts", Severity: result.Low, Since: "0.1",
		Title: "Default service account mounts its token",
		Why: `Every pod of the namespace that names no account gets this one's token.
Switching it off there keeps pods that someone forgets to configure without a
credential.`,
		Fix:  "set automountServiceAccountToken: false on the service account",
		Want: "false",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
		},
	},
	On: rule.Kinds("", "ServiceAccount"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		at := o.At("automountServiceAccountToken")
		if automount, set := at.Bool(); o.Key.Name == "default" && (!set || automount) {
			p.Report(at, "service account \"default\" mounts its token into every pod that names no account")
		}
	},
}
