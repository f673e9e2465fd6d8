package mesh

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// MeshMTLSDisabled reports mTLS that is switched off on either side.
var MeshMTLSDisabled = &rule.Rule{
	Meta: rule.Meta{
		ID: "mesh-mtls-disabled", Severity: result.High, Since: "0.1",
		Title: "mTLS is switched off",
		Why: `With mode DISABLE connections are in clear and have no identity. On the
client's side, a DestinationRule with DISABLE speaks in clear, and one with
insecureSkipVerify talks to whoever answers.`,
		Fix:  "set mtls.mode: STRICT, and tls.mode: ISTIO_MUTUAL in the DestinationRule",
		Want: "STRICT",
		Refs: []string{
			"https://istio.io/latest/docs/reference/config/security/peer_authentication/",
			"https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	On: rule.Or(peerAuthentications, rule.Kinds("networking.istio.io", "DestinationRule")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if peerAuthentications(o) {
			for level, at := range modes(p, o) {
				if at.Str() == "DISABLE" {
					p.Report(at, "%s switches mTLS off for %s: connections are in clear and have no identity", o, level)
				}
			}
			return
		}
		if !inMesh(o.At("spec", "host").Str()) {
			return
		}
		checkTraffic(p, o, o.At("spec", "trafficPolicy"))
		for s := range o.At("spec", "subsets").Items() {
			checkTraffic(p, o, s.At("trafficPolicy"))
		}
	},
}

func checkTraffic(p *rule.Pass, o *manifest.Object, policy manifest.Place) {
	checkClientTLS(p, o, policy.At("tls"))
	for port := range policy.At("portLevelSettings").Items() {
		checkClientTLS(p, o, port.At("tls"))
	}
}

func checkClientTLS(p *rule.Pass, o *manifest.Object, tls manifest.Place) {
	mode, skip := tls.At("mode"), tls.At("insecureSkipVerify")
	switch {
	case mode.Str() == "DISABLE":
		p.Add(rule.Problem{At: mode, Want: "ISTIO_MUTUAL", Message: fmt.Sprintf("%s makes clients of %q speak in clear: what passes can be read and changed", o, o.At("spec", "host").Str())})
	case mode.Str() == "SIMPLE" && skip.IsTrue():
		p.Add(rule.Problem{At: skip, Want: "false", Message: fmt.Sprintf("%s makes clients of %q accept any certificate: whoever answers is believed", o, o.At("spec", "host").Str())})
	}
}

// inMesh reports whether the host is a Service of the cluster. The API server
// is never in the mesh.
func inMesh(host string) bool {
	if strings.HasPrefix(host, "kubernetes.default") {
		return false
	}
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".local") || host == "*.local"
}
