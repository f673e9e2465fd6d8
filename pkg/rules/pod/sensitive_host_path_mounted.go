package pod

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SensitiveHostPathMounted reports host path volumes over the system folders of
// the node.
var SensitiveHostPathMounted = &rule.Rule{
	Meta: rule.Meta{
		ID: "sensitive-host-path-mounted", Severity: result.Critical, Since: "0.1",
		Title: "Host path gives the node away",
		Why: `The node's system folders hold its programs, its credentials and the control
files of the kernel and the kubelet. Whoever can write there owns the node,
and most of them hold secrets for whoever can read.`,
		Fix: "remove the hostPath volume, or mount a folder made for the purpose, read-only",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		for _, h := range pod.HostPaths() {
			s := sensitive(h.Path)
			if s == "" || isRuntimeSocket(h.Path) { // container-runtime-socket-mounted speaks of sockets
				continue
			}
			problem := rule.Problem{At: h.At, Message: fmt.Sprintf("volume %q is host path %q, part of the node's %s: it gives the node away", h.Name, h.At.Str(), s)}
			if harmless(h.Path) && readOnly(h) {
				medium := result.Medium
				problem.Severity = &medium
				problem.Message = fmt.Sprintf("volume %q is host path %q, mounted read-only: it shows the node's state", h.Name, h.At.Str())
			}
			p.Add(problem)
		}
	},
}
