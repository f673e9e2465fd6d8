package deprecation

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// VolumePluginRemoved reports volumes of types that Kubernetes drops.
var VolumePluginRemoved = &rule.Rule{
	Meta: rule.Meta{
		ID: "volume-plugin-removed", Severity: result.Medium, Since: "0.1",
		Title: "Volume type is dropped",
		Why: `The code for these types leaves Kubernetes: after an upgrade the pod stays
pending. gitRepo is worse, as whoever writes the repository's address runs
code on the node.`,
		Fix: "use a CSI driver, or for gitRepo an init container that clones into an emptyDir",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/volumes/",
		},
	},
	On: rule.Or(rule.PodBearing, rule.Kinds("", "PersistentVolume"), rule.Kinds("storage.k8s.io", "StorageClass")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		for _, plugin := range volumePlugins {
			if plugin.migrated > 0 && !p.Index.Version().Before(plugin.migrated, 0) {
				continue
			}
			if at := o.At("provisioner"); o.Key.Kind == "StorageClass" && at.Str() == "kubernetes.io/"+plugin.provisioner && plugin.provisioner != "" {
				plugin.report(p, at)
			}
			if at := o.At("spec", plugin.field); o.Key.Kind == "PersistentVolume" && at.Exists() {
				plugin.report(p, at)
			}
			if pod, ok := o.Pod(); ok {
				for v := range pod.Spec.At("volumes").Items() {
					if at := v.At(plugin.field); at.Exists() {
						plugin.report(p, at)
					}
				}
			}
		}
	},
}
