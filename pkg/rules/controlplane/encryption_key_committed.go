package controlplane

import (
	"encoding/base64"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// EncryptionKeyCommitted reports encryption keys in the repository.
var EncryptionKeyCommitted = &rule.Rule{
	Meta: rule.Meta{
		ID: "encryption-key-committed", Severity: result.High, Since: "0.1",
		Title: "Encryption key is committed",
		Why:   `Whoever reads the repository, or its history, can decrypt a copy of etcd.`,
		Fix:   "keep the key out of the repository, rotate it, and let the deployment fill it in",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/",
		},
	},
	On: isEncryption,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for entry := range o.At("resources").Items() {
			for provider := range entry.At("providers").Items() {
				for kind := range localProviders() {
					for key := range provider.At(kind, "keys").Items() {
						if at := key.At("secret"); realKey(at.Str()) {
							p.Report(at, "the key %q of %s is committed: whoever reads the repository can decrypt etcd", key.At("name").Str(), kind)
						}
					}
				}
			}
		}
	},
}

// realKey reports whether the text is a key of AES or NaCl in base64, not all
// one byte.
func realKey(text string) bool {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != 16 && len(raw) != 24 && len(raw) != 32 {
		return false
	}
	return strings.Trim(string(raw), string(raw[:1])) != ""
}
