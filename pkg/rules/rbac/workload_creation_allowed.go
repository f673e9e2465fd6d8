package rbac

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WorkloadCreationAllowed reports roles that may make pods.
var WorkloadCreationAllowed = &rule.Rule{
	Meta: rule.Meta{
		ID: "workload-creation-allowed", Severity: result.Medium, Since: "0.1",
		Title: "Role may make pods",
		Why: `Whoever makes or changes a pod chooses its service account, its node, its
volumes and its command: it has the rights of every account of the namespace,
reads every Secret there by mounting it, and where admission allows it, the
node.`,
		Fix: "leave workloads to the deployment pipeline, and enforce a Pod Security level where a role must create them",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, makeVerbs, workloads...) {
			g.report(p, graded(o, result.High, result.Medium), "a pod that it makes has any service account and mounts any Secret there")
		}
	},
}
