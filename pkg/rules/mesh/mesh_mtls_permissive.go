package mesh

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MeshMTLSPermissive reports workloads that take connections in clear beside
// mTLS.
var MeshMTLSPermissive = &rule.Rule{
	Meta: rule.Meta{
		ID: "mesh-mtls-permissive", Severity: result.Medium, Since: "0.1",
		Title: "mTLS is optional",
		Why: `In PERMISSIVE mode whoever reaches the pod may speak in clear, without an
identity: traffic can be read, and every authorization by identity is passed
by. The mode is meant for the days of a move into the mesh.`,
		Fix:  "set mtls.mode: STRICT once every client has a sidecar",
		Want: "STRICT",
		Refs: []string{
			"https://istio.io/latest/docs/reference/config/security/peer_authentication/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	On: peerAuthentications,
	Object: func(p *rule.Pass, o *manifest.Object) {
		for level, at := range modes(p, o) {
			if at.Str() == "PERMISSIVE" {
				p.Report(at, "%s lets %s take connections in clear: they come without identity and can be read", o, level)
			}
		}
	},
}
