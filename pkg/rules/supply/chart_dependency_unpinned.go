package supply

import (
	"path"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ChartDependencyUnpinned reports what charts and kustomizations fetch without
// saying which release.
var ChartDependencyUnpinned = &rule.Rule{
	Meta: rule.Meta{
		ID: "chart-dependency-unpinned", Severity: result.Low, Since: "0.1",
		Title: "Chart or kustomization fetches what it does not pin",
		Why: `A range, a branch or plain http lets whoever publishes there, or stands on the
way, change what the next build deploys. Nothing in the repository shows that
it changed.`,
		Fix: "commit Chart.lock or name exact versions, fetch over https, and name commits in remote bases",
		Refs: []string{
			"https://helm.sh/docs/helm/helm_dependency/",
			"https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/resource/",
			"https://cwe.mitre.org/data/definitions/494.html",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, file := range p.Index.Files {
			switch path.Base(file) {
			case "Chart.yaml", "requirements.yaml":
				if o := readObject(p, file); o != nil && !vendored(p, file) {
					checkChart(p, o, file)
				}
			case "kustomization.yaml", "kustomization.yml", "Kustomization":
				if o := readObject(p, file); o != nil {
					checkKustomization(p, o)
				}
			}
		}
	},
}
