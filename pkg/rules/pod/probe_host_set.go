package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ProbeHostSet reports probes and hooks that make the kubelet connect to
// another host.
var ProbeHostSet = &rule.Rule{
	Meta: rule.Meta{
		ID: "probe-host-set", Severity: result.Medium, Since: "0.1",
		Title: "Probe or hook names a host",
		Why: `The kubelet connects from the node to whatever host a probe or hook names: a
pod's author can so reach and map services that answer only the node, the
metadata service among them.`,
		Fix: "remove host from the handler; the kubelet then uses the pod's own address",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#http-probes",
		},
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		for h := range c.Handlers() {
			for _, action := range [...]string{"httpGet", "tcpSocket"} {
				if at := h.At(action, "host"); at.Str() != "" {
					p.Report(at, "container %q makes the kubelet connect to host %q from the node", c.Name, at.Str())
				}
			}
		}
	},
}
