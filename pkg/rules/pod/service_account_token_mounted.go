package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ServiceAccountTokenMounted reports pods that get a service account token
// which nothing in the target gives rights.
var ServiceAccountTokenMounted = &rule.Rule{
	Meta: rule.Meta{
		ID: "service-account-token-mounted", Severity: result.Medium, Since: "0.1",
		Title: "Service account token is mounted",
		Why: `The token is a credential for the Kubernetes API in every container of the
pod. Where the account has no binding in the target the program presumably
does not use it; whoever breaks in can, with every right that is granted to
the account or to all accounts later.`,
		Fix:  "set automountServiceAccountToken: false on the pod or the service account",
		Want: "false",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, pod := range p.Index.Pods() {
			namespace, name := p.Index.AccountOf(pod)
			at := pod.Spec.At("automountServiceAccountToken")
			automount, set := at.Bool()
			if account := p.Index.Get("", "ServiceAccount", namespace, name); !set && account != nil {
				automount, set = account.At("automountServiceAccountToken").Bool()
			}
			if set && !automount || len(p.Index.BindingsOf(namespace, name)) > 0 {
				continue
			}
			p.Report(at, "pod gets a token of service account %q, which no binding here gives rights: a break-in yields a credential that nothing needs", name)
		}
	},
}
