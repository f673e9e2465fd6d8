package namespace

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SystemNamespaceUsed reports objects that are put into the cluster's own
// namespaces.
var SystemNamespaceUsed = &rule.Rule{
	Meta: rule.Meta{
		ID: "system-namespace-used", Severity: result.Medium, Since: "0.1",
		Title: "Object is put into a namespace of the system",
		Why: `The namespaces kube-system, kube-public and kube-node-lease hold the cluster's
own components. Policies and quotas often spare them, their Secrets and
accounts are strong, and an upgrade may overwrite what lies there.`,
		Fix: "put the object into a namespace of its own",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces",
			"https://www.cisecurity.org/benchmark/kubernetes",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	On: rule.Or(rule.PodBearing, rule.Kinds("", "Service", "Secret", "ConfigMap", "ServiceAccount")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		namespace := p.Index.Namespace(o)
		if !slices.Contains(systemNamespaces, namespace) || ofCluster(o) || slices.Contains(p.Params.(*SystemParams).AddOns, o.Key.Name) {
			return
		}
		p.Report(o.At("metadata", "namespace"), "%s is put into %q among the cluster's own components: policies spare it, and its neighbours are strong", o, namespace)
	},
	Params: func() any { return &SystemParams{AddOns: []string{}} },
}

// SystemParams are the parameters of system-namespace-used.
type SystemParams struct {
	// AddOns are the names of objects that belong to the cluster.
	AddOns []string `yaml:"addOns"`
}

var systemNamespaces = []string{"kube-system", "kube-public", "kube-node-lease"}

// ofCluster reports whether labels say that the object is the cluster's own.
func ofCluster(o *manifest.Object) bool {
	l := o.Labels()
	return l.At("tier").Str() == "control-plane" || l.At("kubernetes.io/cluster-service").Str() == "true" ||
		l.At("addonmanager.kubernetes.io/mode").Exists() || l.At("kubernetes.io/bootstrapping").Exists()
}
