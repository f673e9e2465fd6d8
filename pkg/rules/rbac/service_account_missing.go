package rbac

import (
	"fmt"
	"github.com/kustoms-dev/kustoms/pkg/internal/suggest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ServiceAccountMissing reports pods whose account is not there.
var ServiceAccountMissing = &rule.Rule{
	Meta: rule.Meta{
		ID: "service-account-missing", Severity: result.Medium, Since: "0.1",
		Title: "Service account does not exist",
		Why: `The API server refuses pods whose account is missing: the workload is there and
runs nothing. Whoever makes an account of the name later decides what the pods
may do.`,
		Fix: "add the ServiceAccount, mend the name, or list it in the rule's existing parameter",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
		},
	},
	Params: func() any { return &ExistingParams{Existing: []string{}} },
	Universe: func(p *rule.Pass) {
		existing := p.Params.(*ExistingParams)
		for _, pod := range p.Index.Pods() {
			namespace, name := p.Index.AccountOf(pod)
			if name == "default" || existing.has(namespace, name) || p.Index.OperatorNames(namespace, name) || !p.Index.Owns(namespace) ||
				p.Index.Get("", "ServiceAccount", namespace, name) != nil {
				continue
			}
			var others []string
			for _, sa := range p.Index.Kind("", "ServiceAccount") {
				if p.Index.Namespace(sa) == namespace {
					others = append(others, sa.Key.Name)
				}
			}
			hint := suggest.DidYouMean(name, others)
			if hint != "" {
				hint = "; " + hint
			}
			p.Add(rule.Problem{
				At: pod.ServiceAccount(), Missing: result.Key{APIVersion: "v1", Kind: "ServiceAccount", Namespace: namespace, Name: name},
				Message: fmt.Sprintf("%s runs as service account %q, which is not in namespace %q: its pods are refused%s", pod.Object, name, namespace, hint),
			})
		}
	},
}
