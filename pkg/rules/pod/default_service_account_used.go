package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// DefaultServiceAccountUsed reports pods that use the default service account
// and its token.
var DefaultServiceAccountUsed = &rule.Rule{
	Meta: rule.Meta{
		ID: "default-service-account-used", Severity: result.Low, Since: "0.1",
		Title: "Pod uses the default service account",
		Why: `Every pod that names no account shares this one, so a right that is granted
for one of them is granted to all, and the audit log cannot tell them apart.`,
		Fix: "create a service account for the workload and name it in serviceAccountName, or set automountServiceAccountToken: false on the pod",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		if automount, set := pod.Spec.At("automountServiceAccountToken").Bool(); set && !automount {
			return
		}
		at := pod.Spec.At("serviceAccountName")
		if old := pod.Spec.At("serviceAccount"); at.Str() == "" && old.Str() != "" {
			at = old
		}
		if name := at.Str(); name == "" || name == "default" {
			p.Report(at, "pod uses the default service account: it shares its rights with every other pod that names none")
		}
	},
}
