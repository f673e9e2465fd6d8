package rbac

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PersistentVolumeWritable reports roles that may make volumes.
var PersistentVolumeWritable = &rule.Rule{
	Meta: rule.Meta{
		ID: "persistent-volume-writable", Severity: result.Medium, Since: "0.1",
		Title: "Role may make persistent volumes",
		Why: `A volume may be a folder of a node: a claim on it passes every Pod Security
level, and the pod that mounts it reads and writes the node.`,
		Fix: "leave volumes to a storage provisioner",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#persistent-volume-creation",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, makeVerbs, volumes...) {
			g.reportCluster(p, result.Medium, "a hostPath volume that it makes passes every pod rule")
		}
	},
}
