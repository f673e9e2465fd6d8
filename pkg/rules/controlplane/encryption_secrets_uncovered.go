package controlplane

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// EncryptionSecretsUncovered reports encryption that leaves Secrets out.
var EncryptionSecretsUncovered = &rule.Rule{
	Meta: rule.Meta{
		ID: "encryption-secrets-uncovered", Severity: result.High, Since: "0.1",
		Title: "Encryption does not cover Secrets",
		Why: `The file encrypts other resources only, and every Secret lies in etcd in
clear.`,
		Fix: "add secrets to the resources of an entry",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/",
		},
	},
	On: isEncryption,
	Object: func(p *rule.Pass, o *manifest.Object) {
		if _, ok := secretsEntry(o); !ok {
			p.Report(o.At("resources"), "no entry covers secrets: they are stored in clear")
		}
	},
}
