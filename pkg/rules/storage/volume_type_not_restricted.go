package storage

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// VolumeTypeNotRestricted reports volumes of types that the restricted Pod
// Security Standard does not allow.
var VolumeTypeNotRestricted = &rule.Rule{
	Meta: rule.Meta{
		ID: "volume-type-not-restricted", Severity: result.Low, Since: "0.1",
		Title: "Volume type is not in the restricted set",
		Why: `The other types mount file systems and devices by the node's own clients, with
addresses and credentials that the pod's author writes. They pass by the
storage classes and their drivers, and most of them are deprecated.`,
		Fix: "use a persistentVolumeClaim, csi or ephemeral volume instead",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
			"https://kubernetes.io/docs/concepts/storage/volumes/",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		for v := range pod.Spec.At("volumes").Items() {
			for kind, source := range v.Entries() {
				if kind != "name" && kind != "hostPath" && source.Exists() && !slices.Contains(restrictedVolumes, kind) {
					p.Report(source, "volume %q is of type %s: it passes by storage classes and their drivers", v.At("name").Str(), kind)
				}
			}
		}
	},
}

// restrictedVolumes are the types that the restricted standard allows; hostPath
// volumes have rules of their own.
var restrictedVolumes = []string{
	"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
}
