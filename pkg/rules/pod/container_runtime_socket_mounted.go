package pod

import (
	"fmt"
	"path"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ContainerRuntimeSocketMounted reports mounts of a container runtime's socket,
// or of a folder that holds it.
var ContainerRuntimeSocketMounted = &rule.Rule{
	Meta: rule.Meta{
		ID: "container-runtime-socket-mounted", Severity: result.Critical, Since: "0.1",
		Title: "Container runtime's socket is mounted",
		Why: `The socket accepts orders without asking who gives them. A process that can
open it can start a privileged container with the node's file system, and a
read-only mount does not keep it from writing to the socket.`,
		Fix: "remove the volume; build images with a tool that needs no runtime, and read container metadata from the Kubernetes API",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
			"https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		for _, h := range pod.HostPaths() {
			for _, socket := range runtimeSockets {
				up := path.Dir(socket)
				switch {
				case h.Path != socket && h.Path != up && h.Path != path.Dir(up):
					continue
				case len(h.Mounts) == 0 && h.Path == socket:
					p.Add(rule.Problem{
						At: h.At, Severity: new(result.Medium),
						Message: fmt.Sprintf("%s has the container runtime's socket %q among its volumes: a container that mounts it may start any other on the node", pod.Object, h.At.Str()),
					})
				case len(h.Mounts) > 0:
					p.Report(h.At, "container %q mounts host path %q, which holds the container runtime's socket %q: it may start any container on the node", h.Mounts[0].Container.Name, h.At.Str(), socket)
				}
				break
			}
		}
	},
}
