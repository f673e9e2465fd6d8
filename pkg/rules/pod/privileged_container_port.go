package pod

import (
	"strconv"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PrivilegedContainerPort reports container ports that only privileged programs
// can open.
var PrivilegedContainerPort = &rule.Rule{
	Meta: rule.Meta{
		ID: "privileged-container-port", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Container listens on a privileged port",
		Why: `To open a port below 1024 a program needs root, NET_BIND_SERVICE, or a lowered
sysctl. A Service can offer the low port and send traffic to a high one. Many
runtimes lower the sysctl by themselves, hence off by default.`,
		Fix: "listen on a port above 1023 and let the Service map the low one to it",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service",
			"https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
		},
	},
	Container: func(p *rule.Pass, pod manifest.Pod, c manifest.Container) {
		start := unprivilegedStart(pod)
		for port := range c.At("ports").Items() {
			if n, ok := port.At("containerPort").Int(); ok && n > 0 && n < start {
				p.Report(port.At("containerPort"), "container %q listens on port %d: below %d that needs root or NET_BIND_SERVICE", c.Name, n, start)
			}
		}
	},
}

// unprivilegedStart is the first port that any program of the pod can open.
func unprivilegedStart(pod manifest.Pod) int64 {
	for s := range pod.Spec.At("securityContext", "sysctls").Items() {
		if s.At("name").Str() == "net.ipv4.ip_unprivileged_port_start" {
			if n, err := strconv.ParseInt(s.At("value").Str(), 10, 64); err == nil {
				return n
			}
		}
	}
	return 1024
}
