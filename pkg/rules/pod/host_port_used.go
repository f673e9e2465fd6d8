package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// HostPortUsed reports container ports that are opened on the node.
var HostPortUsed = &rule.Rule{
	Meta: rule.Meta{
		ID: "host-port-used", Severity: result.Medium, Since: "0.1",
		Title: "Container opens a port on the node",
		Why: `A host port answers on every address of the node past Services and often past
the network policy, lets only one such pod run on each node, and shows an
internal port to whoever reaches the node.`,
		Fix: "remove hostPort from the container's port and reach the pod through a Service",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/overview/#services",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		// The API fills hostPort in under hostNetwork, whose own rule speaks.
		if pod.Spec.At("hostNetwork").IsTrue() {
			return
		}
		for port := range c.At("ports").Items() {
			if n, ok := port.At("hostPort").Int(); ok && n != 0 {
				p.Report(port.At("hostPort"), "container %q opens port %d on the node: it answers on every address of the node", c.Name, n)
			}
		}
	},
}
