package rbac

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// WebhookConfigurationWritable reports roles that may change admission.
var WebhookConfigurationWritable = &rule.Rule{
	Meta: rule.Meta{
		ID: "webhook-configuration-writable", Severity: result.High, Since: "0.1",
		Title: "Role may change what admission sees",
		Why: `A mutating webhook reads and rewrites every object that is written, Secrets
included; deleting a validating one, or a policy, removes the guard that
others count on.`,
		Fix: "grant update and patch alone, with resourceNames",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#control-admission-webhooks",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, writeVerbs, admission...) {
			severity := result.High
			if g.named() {
				severity = result.Medium
			}
			g.reportCluster(p, severity, "it may read and rewrite what others write, and remove guards")
		}
	},
}
