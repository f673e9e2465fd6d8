package reliability

import (
	"fmt"
	"strconv"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ProbePortUndeclared reports probes of ports that the container does not
// declare.
var ProbePortUndeclared = &rule.Rule{
	Meta: rule.Meta{
		ID: "probe-port-undeclared", Severity: result.Medium, Since: "0.1",
		Title: "Probe asks a port that is not declared",
		Why: `A probe of a port name that the container does not have never succeeds: the
pod is never ready, or is restarted for ever. An undeclared number works if
the process listens there; beside declared ports it is mostly a slip.`,
		Fix: "declare the port in the container's ports, or name one that is declared",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
		},
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		for _, probe := range [...]string{"livenessProbe", "readinessProbe", "startupProbe"} {
			for _, action := range [...]string{"httpGet", "tcpSocket", "grpc"} {
				at := c.At(probe, action, "port")
				if _, declared := c.Port(at.Str()); declared || at.Str() == "" || c.At(probe, action, "host").Str() != "" {
					continue
				}
				if _, err := strconv.Atoi(at.Str()); err != nil {
					p.Report(at, "%s of container %q asks port %q, which the container does not declare: it always fails", probe, c.Name, at.Str())
				} else if c.At("ports").Len() > 0 {
					low := result.Low
					p.Add(rule.Problem{At: at, Severity: &low,
						Message: fmt.Sprintf("%s of container %q asks port %s, and the container declares others: it fails unless something listens there", probe, c.Name, at.Str())})
				}
			}
		}
	},
}
