package secretref

import "github.com/kustoms-dev/kustoms/pkg/manifest"

const vaultPrefix = "vault.hashicorp.com/"

// vault is an annotation for Vault's agent injector.
func vault(pod manifest.Pod, name string) manifest.Place {
	return pod.Annotations().At(vaultPrefix + name)
}

// says reports whether an annotation is true, as Go's strconv reads it.
func says(at manifest.Place) bool {
	switch at.Str() {
	case "1", "t", "T", "TRUE", "true", "True":
		return true
	}
	return false
}
