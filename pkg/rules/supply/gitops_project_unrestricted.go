package supply

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// GitopsProjectUnrestricted reports Argo CD projects without limits, and
// Applications outside of any limit.
var GitopsProjectUnrestricted = &rule.Rule{
	Meta: rule.Meta{
		ID: "gitops-project-unrestricted", Severity: result.Medium, Since: "0.1",
		Title: "GitOps project has no limits",
		Why: `A project says from which repositories, to which clusters and namespaces, and
with which cluster-wide kinds its Applications may deploy. The project default
allows everything, and so does a star: whoever may write one Application then
owns the cluster.`,
		Fix: "name the repositories, destinations and cluster-wide kinds that the project needs, and put the Application into such a project",
		Refs: []string{
			"https://argo-cd.readthedocs.io/en/stable/user-guide/projects/",
			"https://argo-cd.readthedocs.io/en/stable/operator-manual/security/",
		},
	},
	On: rule.Or(applications, rule.Kinds(argoGroup, "AppProject")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if applications(o) {
			if at := applicationSpec(o).At("project"); at.Str() == "default" {
				p.Report(at, "%s is in project default, which allows every source and destination: it may deploy anything anywhere", o)
			}
			return
		}
		for at := range o.At("spec", "sourceRepos").Items() {
			if at.Str() == "*" {
				p.Report(at, "%s allows every source repository: whoever writes an Application deploys from anywhere", o)
			}
		}
		for d := range o.At("spec", "destinations").Items() {
			for _, field := range [...]string{"server", "name", "namespace"} {
				if at := d.At(field); at.Str() == "*" {
					p.Report(at, "%s allows every %s as a destination: its Applications deploy where they like", o, field)
					break
				}
			}
		}
		for k := range o.At("spec", "clusterResourceWhitelist").Items() {
			if at := k.At("kind"); at.Str() == "*" {
				p.Report(at, "%s allows every cluster-wide kind: its Applications may grant themselves cluster-admin", o)
			}
		}
	},
}
