package mesh

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MeshMTLSNotEnforced reports namespaces of a mesh in which connections in
// clear are taken.
var MeshMTLSNotEnforced = &rule.Rule{
	Meta: rule.Meta{
		ID: "mesh-mtls-not-enforced", Severity: result.Medium, Since: "0.1",
		Title: "Namespace of the mesh takes connections in clear",
		Why: `Being in a mesh encrypts what its members send each other. Unless the mode
resolves to STRICT, from workload to namespace to mesh, whoever is not a member
still speaks to the pods in clear and without an identity. Linkerd's default
policy does the same until it asks for authentication.`,
		Fix: "add a PeerAuthentication with mtls.mode: STRICT to the namespace (Linkerd: config.linkerd.io/default-inbound-policy: all-authenticated)",
		Refs: []string{
			"https://istio.io/latest/docs/reference/config/security/peer_authentication/",
			"https://linkerd.io/2/reference/authorization-policy/",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, ns := range p.Index.Kind("", "Namespace") {
			mesh, at := meshOf(ns)
			switch mesh {
			case "":
			case linkerd:
				policy := ns.Annotations().At("config.linkerd.io/default-inbound-policy")
				switch mode := policy.Str(); mode {
				case "all-authenticated", "cluster-authenticated", "deny":
				case "":
					p.Report(at, "namespace %q is in the mesh, but nothing sets its default inbound policy: connections in clear are taken (mesh default)", ns.Key.Name)
				default:
					p.Report(policy, "namespace %q is in the mesh, but its default inbound policy is %q: connections in clear are taken", ns.Key.Name, mode)
				}
			default:
				d := resolve(p.Index, ns.Key.Name, nil)
				if d.mode == "STRICT" {
					continue
				}
				pr := rule.Problem{At: at, Message: fmt.Sprintf("namespace %q is in the mesh, but its mTLS mode resolves to %s (%s)", ns.Key.Name, d.mode, d.by)}
				if d.at.Object() != nil {
					pr.Related = []result.Related{rule.See(d.at, "%s decides", d.by)}
				}
				p.Add(pr)
			}
		}
	},
}
