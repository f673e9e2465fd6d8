package supply

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// DashboardDeployed reports the Kubernetes Dashboard.
var DashboardDeployed = &rule.Rule{
	Meta: rule.Meta{
		ID: "dashboard-deployed", Severity: result.Medium, Since: "0.1",
		Title: "Kubernetes Dashboard is deployed",
		Why: `The dashboard acts on the cluster with its own account, and exposed dashboards
have often been the way in. The project is archived and gets no fixes.`,
		Fix: "remove it, and look at the cluster with a client that uses each person's own rights",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/access-application-cluster/web-ui-dashboard/",
			"https://github.com/kubernetes-retired/dashboard",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		for c := range pod.Containers() {
			ref, err := manifest.ParseReference(c.At("image").Str())
			if err == nil && (strings.Contains(ref.Path, "kubernetes-dashboard") || strings.Contains(ref.Path, "kubernetesui/dashboard")) {
				p.Report(c.At("image"), "container %q runs the Kubernetes Dashboard: who reaches it acts with its account", c.Name)
				return
			}
		}
		for _, labels := range [...]manifest.Place{pod.Labels(), pod.Object.Labels()} {
			for _, label := range [...]string{"k8s-app", "app"} {
				if at := labels.At(label); at.Str() == "kubernetes-dashboard" {
					p.Report(at, "%s is labelled as the Kubernetes Dashboard: who reaches it acts with its account", pod.Object)
					return
				}
			}
		}
	},
}
