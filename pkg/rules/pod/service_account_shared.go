package pod

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ServiceAccountShared reports accounts with rights that different applications
// share.
var ServiceAccountShared = &rule.Rule{
	Meta: rule.Meta{
		ID: "service-account-shared", Severity: result.Low, Since: "0.1",
		Title: "Applications share a service account with rights",
		Why: `An account that several applications use must hold what each of them needs, so
each of them may do what only another one has to. The audit log cannot tell
them apart either.`,
		Fix: "give each application a service account of its own, bound to what it needs",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Universe: func(p *rule.Pass) {
		type account struct{ namespace, name string }
		users := map[account][]manifest.Pod{}
		var order []account
		for _, pod := range p.Index.Pods() {
			var a account
			if a.namespace, a.name = p.Index.AccountOf(pod); a.name == "default" || len(p.Index.BindingsOf(a.namespace, a.name)) == 0 {
				continue
			}
			if users[a] == nil {
				order = append(order, a)
			}
			users[a] = append(users[a], pod)
		}
		for _, a := range order {
			first := users[a][0]
			var others []result.Related
			for _, pod := range users[a][1:] {
				if application(pod) != application(first) {
					others = append(others, rule.See(pod.Spec.At("serviceAccountName"), "%s uses it too", pod.Object.Key))
				}
			}
			if len(others) > 0 {
				p.Add(rule.Problem{
					At: first.Spec.At("serviceAccountName"), Evidence: a.name, Related: others,
					Message: fmt.Sprintf("service account %q has rights and is used by %d more workloads of other applications: each may do what the others need", a.name, len(others)),
				})
			}
		}
	},
}

// application names what a workload belongs to: by its labels, or else itself.
func application(pod manifest.Pod) string {
	for _, label := range [...]string{"app.kubernetes.io/name", "app", "k8s-app"} {
		if v := pod.Labels().At(label).Str(); v != "" {
			return v
		}
	}
	return pod.Object.Key.String()
}
