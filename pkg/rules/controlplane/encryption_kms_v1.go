package controlplane

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// EncryptionKmsV1 reports key management by the first version of the protocol.
var EncryptionKmsV1 = &rule.Rule{
	Meta: rule.Meta{
		ID: "encryption-kms-v1", Severity: result.Medium, Since: "0.1",
		Title: "Encryption uses KMS v1",
		Why: `KMS v1 asks the key service at every write, is deprecated since 1.28 and off
since 1.29. Absent, apiVersion means v1.`,
		Fix: "set apiVersion: v2 on the kms provider",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/",
		},
	},
	On: isEncryption,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for entry := range o.At("resources").Items() {
			for provider := range entry.At("providers").Items() {
				if kms := provider.At("kms"); kms.Exists() && kms.At("apiVersion").Str() != "v2" {
					p.Report(kms.At("apiVersion"), "kms provider %q uses KMS v1, which is off since Kubernetes 1.29", kms.At("name").Str())
				}
			}
		}
	},
}
