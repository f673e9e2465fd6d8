package deprecation

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ServiceAccountFieldDeprecated reports pods that name their account in the
// field that was replaced.
var ServiceAccountFieldDeprecated = &rule.Rule{
	Meta: rule.Meta{
		ID: "service-account-field-deprecated", Severity: result.Info, Since: "0.1",
		Title: "Pod names its account in a deprecated field",
		Why: `serviceAccount is only kept as another name for serviceAccountName. Tools that
know the new one see a pod without an account, and where both are written and
differ, people do not see which holds.`,
		Fix: "write serviceAccountName and remove serviceAccount",
		Refs: []string{
			"https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		old, name := pod.Spec.At("serviceAccount"), pod.Spec.At("serviceAccountName")
		switch {
		case old.Str() == "":
		case name.Str() == "":
			p.Report(old, "pod names its account %q in serviceAccount, which is deprecated: some tools do not see it", old.Str())
		case name.Str() != old.Str():
			low := result.Low
			p.Add(rule.Problem{At: old, Severity: &low,
				Message: fmt.Sprintf("pod has serviceAccount %q and serviceAccountName %q: the latter wins", old.Str(), name.Str())})
		}
	},
}
