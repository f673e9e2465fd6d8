package controlplane

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// KubeProxyMetricsExposed reports kube-proxy's metrics on addresses of the
// node.
var KubeProxyMetricsExposed = &rule.Rule{
	Meta: rule.Meta{
		ID: "kube-proxy-metrics-exposed", Severity: result.Low, Since: "0.1",
		Title: "kube-proxy's metrics are open",
		Why: `The metrics and configuration of kube-proxy answer without a login to whoever
reaches the node.`,
		Fix:  "remove metricsBindAddress, or set it to 127.0.0.1:10249",
		Want: "127.0.0.1:10249",
		Refs: []string{
			"https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/",
		},
	},
	On: rule.Kinds("kubeproxy.config.k8s.io", "KubeProxyConfiguration"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if at := o.At("metricsBindAddress"); at.Str() != "" && !loopback(at.Str()) {
			p.Report(at, "kube-proxy serves its metrics on %q: whoever reaches the node reads them", at.Str())
		}
	},
}
