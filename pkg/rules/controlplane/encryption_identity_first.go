package controlplane

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// EncryptionIdentityFirst reports encryption that writes Secrets in clear.
var EncryptionIdentityFirst = &rule.Rule{
	Meta: rule.Meta{
		ID: "encryption-identity-first", Severity: result.High, Since: "0.1",
		Title: "Encryption writes Secrets in clear",
		Why: `The first provider of an entry writes. identity writes what it gets: the file
looks like encryption, and every new Secret lies in etcd in clear.`,
		Fix: "put an encrypting provider before identity",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/",
		},
	},
	On: isEncryption,
	Object: func(p *rule.Pass, o *manifest.Object) {
		if entry, ok := secretsEntry(o); ok {
			if at := entry.At("providers", 0, "identity"); at.Node() != nil {
				p.Report(at, "the first provider for secrets is identity: new Secrets are stored in clear")
			}
		}
	},
}
