package controlplane

import (
	"iter"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

func isEncryption(o *manifest.Object) bool {
	return o.Is("apiserver.config.k8s.io", "EncryptionConfiguration") || o.Is("", "EncryptionConfig")
}

// secretsEntry is the first entry that covers Secrets, which decides.
func secretsEntry(o *manifest.Object) (manifest.Place, bool) {
	for entry := range o.At("resources").Items() {
		for _, r := range entry.At("resources").Strings() {
			if r == "secrets" || r == "*." || r == "*.*" {
				return entry, true
			}
		}
	}
	return manifest.Place{}, false
}

// localProviders yields the providers with keys in the file.
func localProviders() iter.Seq[string] {
	return slices.Values([]string{"aescbc", "aesgcm", "secretbox"})
}
