package pod

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// CloudCredentialsHostMounted reports host paths that reach the node's
// credentials for the cloud or the cluster.
var CloudCredentialsHostMounted = &rule.Rule{
	Meta: rule.Meta{
		ID: "cloud-credentials-host-mounted", Severity: result.High, Since: "0.1",
		Title: "Node's credentials are within reach",
		Why: `Cloud images keep the node's identity in well-known files. A container that
reads them acts as the node towards the cloud's API or the Kubernetes API,
whatever its own service account may do.`,
		Fix: "remove the hostPath volume, and give the pod an identity of its own (workload identity, IRSA)",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		for _, h := range pod.HostPaths() {
			// Whole system folders are sensitive-host-path-mounted's matter.
			whole := slices.Contains(sensitivePaths, h.Path) || h.Path == "/var/lib"
			for _, c := range cloudCredentials {
				if h.Path == c || below(h.Path, c) || !whole && below(c, h.Path) {
					p.Report(h.At, "volume %q is host path %q, which reaches the node's credentials in %q: the pod may act as the node", h.Name, h.At.Str(), c)
					break
				}
			}
		}
	},
}
