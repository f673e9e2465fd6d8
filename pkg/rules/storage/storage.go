package storage

import (
	"iter"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// claims yields the names of the claims that the pod mounts, with the fields
// that name them.
func claims(pod manifest.Pod) iter.Seq2[string, manifest.Place] {
	return func(yield func(string, manifest.Place) bool) {
		for v := range pod.Spec.At("volumes").Items() {
			if at := v.At("persistentVolumeClaim", "claimName"); at.Str() != "" && !yield(at.Str(), at) {
				return
			}
		}
	}
}
