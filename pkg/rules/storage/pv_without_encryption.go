package storage

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PvWithoutEncryption reports storage that its driver can encrypt and does not.
var PvWithoutEncryption = &rule.Rule{
	Meta: rule.Meta{
		ID: "pv-without-encryption", Severity: result.Low, Since: "0.1",
		Title: "Storage is not encrypted",
		Why: `Without encryption at rest whoever gets hold of a disk, a snapshot or a backup
of it reads the data. The driver could encrypt it, and by default it does not.`,
		Fix: "set the driver's encryption parameter to \"true\" and name a key where the driver wants one",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/storage-classes/#parameters",
			"https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md",
			"https://longhorn.io/docs/latest/advanced-resources/security/volume-encryption/",
		},
	},
	On: rule.Or(rule.Kinds("storage.k8s.io", "StorageClass"), rule.Kinds("", "PersistentVolume")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		name, params, isClass := o.At("provisioner").Str(), o.At("parameters"), true
		if o.Key.Kind == "PersistentVolume" {
			name, params, isClass = o.At("spec", "csi", "driver").Str(), o.At("spec", "csi", "volumeAttributes"), false
		}
		for _, d := range drivers {
			// Rook prefixes the drivers that it runs with its namespace.
			if !slices.ContainsFunc(d.names, func(n string) bool { return name == n || strings.HasSuffix(name, "."+n) }) {
				continue
			}
			switch at := param(params, d.param); {
			case at.Exists() && !strings.EqualFold(at.Str(), "true"):
				p.Report(at, "%s sets %s to %q: driver %s stores or sends its data in clear", o, d.param, at.Str(), name)
			case !at.Exists() && !d.encrypts && (isClass || d.onVolume):
				p.Report(at, "%s does not set %s: driver %s stores its data in clear", o, d.param, name)
			}
		}
	},
}

// param finds a parameter in any case, as the drivers do.
func param(params manifest.Place, name string) manifest.Place {
	for k, v := range params.Entries() {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return params.At(name)
}
