package controlplane

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// EncryptionLocalKeyOnly reports encryption whose key lies beside the data.
var EncryptionLocalKeyOnly = &rule.Rule{
	Meta: rule.Meta{
		ID: "encryption-local-key-only", Severity: result.Low, Since: "0.1",
		Title: "Encryption key lies beside the data",
		Why: `A key in the file is on the disk of the same host as etcd. Whoever takes the
disk or its backup has both.`,
		Fix: "encrypt secrets by a kms provider",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/",
		},
	},
	On: isEncryption,
	Object: func(p *rule.Pass, o *manifest.Object) {
		entry, _ := secretsEntry(o)
		var problem rule.Problem
		for provider := range entry.At("providers").Items() {
			if provider.At("kms").Exists() {
				return
			}
			for kind := range localProviders() {
				at := provider.At(kind)
				if at.At("keys").Len() == 0 || problem.Message != "" {
					continue
				}
				problem = rule.Problem{At: at, Message: "secrets are encrypted with a key in the file alone: it lies beside the data"}
				if kind == "aesgcm" {
					medium := result.Medium
					problem.Severity = &medium
					problem.Message = "secrets are encrypted by aesgcm with a key in the file: it lies beside the data, and must be rotated often"
				}
			}
		}
		if problem.Message != "" {
			p.Add(problem)
		}
	},
}
