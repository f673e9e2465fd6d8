package reliability

import (
	"cmp"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ProbesIdentical reports containers whose liveness probe fails as soon as
// their readiness probe does.
var ProbesIdentical = &rule.Rule{
	Meta: rule.Meta{
		ID: "probes-identical", Severity: result.Low, Since: "0.1",
		Title: "Liveness and readiness probe are the same",
		Why: `A container that is overloaded should be spared traffic until it recovers.
Where the liveness probe asks the same question with no more patience, the
kubelet restarts it instead, and the others get its load.`,
		Fix: "give the liveness probe a cheaper check of its own, or a higher failureThreshold",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
		},
	},
	Container: func(p *rule.Pass, _ manifest.Pod, c manifest.Container) {
		live, ready := c.At("livenessProbe"), c.At("readinessProbe")
		if live.Exists() && sameHandler(c, live, ready) && failures(live) <= failures(ready) {
			p.Report(live, "container %q is restarted as soon as it is not ready: overload restarts what should only be spared traffic", c.Name)
		}
	},
}

// failures is how many failures in a row a probe tolerates.
func failures(probe manifest.Place) int64 {
	if n, ok := probe.At("failureThreshold").Int(); ok && n > 0 {
		return n
	}
	return 3
}

// sameHandler reports whether two probes do the same, defaults and the names
// of ports considered.
func sameHandler(c manifest.Container, a, b manifest.Place) bool {
	switch {
	case a.At("httpGet").Exists() && b.At("httpGet").Exists():
		a, b = a.At("httpGet"), b.At("httpGet")
		return samePort(c, a, b) && cmp.Or(a.At("path").Str(), "/") == cmp.Or(b.At("path").Str(), "/") &&
			cmp.Or(a.At("scheme").Str(), "HTTP") == cmp.Or(b.At("scheme").Str(), "HTTP") &&
			a.At("host").Str() == b.At("host").Str() && manifest.Equal(a.At("httpHeaders"), b.At("httpHeaders"))
	case a.At("tcpSocket").Exists() && b.At("tcpSocket").Exists():
		a, b = a.At("tcpSocket"), b.At("tcpSocket")
		return samePort(c, a, b) && a.At("host").Str() == b.At("host").Str()
	case a.At("grpc").Exists() && b.At("grpc").Exists():
		a, b = a.At("grpc"), b.At("grpc")
		return samePort(c, a, b) && a.At("service").Str() == b.At("service").Str()
	}
	return a.At("exec").Exists() && manifest.Equal(a.At("exec"), b.At("exec"))
}

func samePort(c manifest.Container, a, b manifest.Place) bool {
	return number(c, a.At("port").Str()) == number(c, b.At("port").Str())
}

// number is the port that a name or a number stands for in the container.
func number(c manifest.Container, port string) string {
	if p, ok := c.Port(port); ok {
		return p.At("containerPort").Str()
	}
	return port
}
