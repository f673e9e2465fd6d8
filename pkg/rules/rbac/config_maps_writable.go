package rbac

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ConfigMapsWritable reports roles that may write ConfigMaps.
var ConfigMapsWritable = &rule.Rule{
	Meta: rule.Meta{
		ID: "config-maps-writable", Severity: result.Low, Since: "0.1",
		Title: "Role may write ConfigMaps",
		Why: `Programs believe their ConfigMaps: a changed one redirects, disarms or breaks
them. In kube-system they hold the settings of DNS and of the cluster itself;
aws-auth there says who is who.`,
		Fix: "name the ConfigMaps in resourceNames",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
			"https://kubernetes.io/docs/concepts/configuration/configmap/",
		},
	},
	On: roles,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for g := range grants(o, writeVerbs, configMaps...) {
			switch {
			case slices.Contains(g.RoleRule.Names, "aws-auth"):
				g.report(p, result.High, "aws-auth says who is cluster administrator")
			case g.named():
			case o.Is(manifest.RBACGroup, "ClusterRole") || p.Index.Namespace(o) == "kube-system":
				g.report(p, result.Medium, "those in kube-system hold the settings of DNS and of the cluster")
			default:
				g.report(p, result.Low, "programs believe what is written there")
			}
		}
	},
}
