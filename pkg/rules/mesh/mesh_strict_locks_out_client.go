package mesh

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/route"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MeshStrictLocksOutClient reports clients outside of the mesh whose server
// takes mTLS alone.
var MeshStrictLocksOutClient = &rule.Rule{
	Meta: rule.Meta{
		ID: "mesh-strict-locks-out-client", Severity: result.Medium, Since: "0.1",
		Title: "Strict mTLS locks a client out",
		Why: `In STRICT mode a server refuses whoever has no proxy of the mesh. A client
whose settings name its Service and that is outside of the mesh gets its
connections reset.`,
		Fix: "take the client into the mesh, or set portLevelMtls for the port that it needs",
		Refs: []string{
			"https://istio.io/latest/docs/reference/config/security/peer_authentication/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, c := range route.Clients(p.Index) {
			if mesh, known := meshOfPod(p.Index, c.Pod); mesh != "" || !known {
				continue
			}
			for _, pod := range route.Pods(p.Index, c.Service) {
				mesh, _ := meshOfPod(p.Index, pod)
				if mesh != istio && mesh != ambient {
					continue
				}
				labels := pod.Labels()
				d := resolve(p.Index, p.Index.Namespace(pod.Object), &labels)
				if d.mode != "STRICT" || openPort(p, c, pod) {
					continue
				}
				p.Add(rule.Problem{
					At: c.At, Evidence: c.Service.Key.Name,
					Message: fmt.Sprintf("%s is outside of the mesh and names service %q, whose pods take mTLS alone: its calls fail", c.Pod.Object, c.Service.Key.Name),
					Related: []result.Related{rule.See(d.at, "%s sets STRICT", d.by), rule.See(c.Service.At("metadata", "name"), "the service")},
				})
				break
			}
		}
	},
}
