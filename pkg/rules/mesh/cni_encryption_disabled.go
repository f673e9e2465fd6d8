package mesh

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// CNIEncryptionDisabled reports network plugins that are rendered without
// encryption between nodes.
var CNIEncryptionDisabled = &rule.Rule{
	Meta: rule.Meta{
		ID: "cni-encryption-disabled", Severity: result.Medium, Since: "0.1",
		Title: "Network plugin does not encrypt between nodes",
		Why: `Without WireGuard or IPsec, what pods send to other nodes crosses the network
in clear, and whoever taps a link or a node reads it. A mesh that enforces mTLS
for all namespaces does the same job.`,
		Fix: "Cilium: set encryption.enabled and encryption.type: wireguard; Calico: wireguardEnabled: true in the default FelixConfiguration",
		Refs: []string{
			"https://docs.cilium.io/en/stable/security/network/encryption/",
			"https://docs.tigera.io/calico/latest/network-policy/encrypt-cluster-pod-traffic",
		},
	},
	Params: func() any { return &EncryptionParams{} },
	Universe: func(p *rule.Pass) {
		if p.Params.(*EncryptionParams).LinkEncrypted || resolve(p.Index, rootNamespace, nil).mode == "STRICT" {
			return
		}
		for _, o := range p.Index.Objects {
			switch {
			case o.Is("", "ConfigMap") && o.Key.Name == "cilium-config":
				ciliumConfig(p, o)
			case o.Is("projectcalico.org", "FelixConfiguration"), o.Is("crd.projectcalico.org", "FelixConfiguration"):
				felix(p, o)
			case o.Is("helm.toolkit.fluxcd.io", "HelmRelease"):
				chartValues(p, o.At("spec", "chart", "spec", "chart"), o.At("spec", "values"))
			case o.Is("argoproj.io", "Application"):
				for _, s := range append(items(o.At("spec", "sources")), o.At("spec", "source")) {
					chartValues(p, s.At("chart"), s.At("helm", "valuesObject"))
					if text := s.At("helm", "values"); text.Str() != "" {
						valuesText(p, s.At("chart"), text)
					}
				}
			}
		}
	},
}

// EncryptionParams are the parameters of cni-encryption-disabled.
type EncryptionParams struct {
	// LinkEncrypted says that the network below encrypts between nodes.
	LinkEncrypted bool `yaml:"linkEncrypted"`
}

func items(p manifest.Place) []manifest.Place {
	var out []manifest.Place
	for it := range p.Items() {
		out = append(out, it)
	}
	return out
}

func ciliumConfig(p *rule.Pass, o *manifest.Object) {
	wireguard, ipsec := o.At("data", "enable-wireguard"), o.At("data", "enable-ipsec")
	if wireguard.Str() == "true" || ipsec.Str() == "true" {
		if at := o.At("data", "encrypt-node"); wireguard.Str() == "true" && at.Str() != "true" {
			p.Add(rule.Problem{At: at, Severity: new(result.Info), Message: "cilium encrypts between pods and not between nodes: pods in their node's network send in clear"})
		}
		return
	}
	for _, at := range [...]manifest.Place{wireguard, ipsec} {
		if at.Exists() {
			_, path, _ := cutLast(at.Path())
			p.Report(at, "cilium is rendered with %s %q: pod traffic crosses nodes in clear", path, at.Str())
			return
		}
	}
	p.Report(wireguard, "cilium is rendered without enable-wireguard and enable-ipsec: pod traffic crosses nodes in clear")
}

func cutLast(path string) (before, after string, ok bool) {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return path[:i], path[i+1:], true
		}
	}
	return "", path, false
}

func felix(p *rule.Pass, o *manifest.Object) {
	if at := o.At("spec", "wireguardEnabled"); o.Key.Name == "default" && !at.IsTrue() && !o.At("spec", "wireguardEnabledV6").IsTrue() {
		p.Report(at, "calico is rendered without wireguardEnabled: pod traffic crosses nodes in clear")
	}
}

// chartValues looks at the values that a deployer's object gives to a chart of
// Cilium; Calico's has no value for it.
func chartValues(p *rule.Pass, chart, values manifest.Place) {
	if at := values.At("encryption", "enabled"); chart.Str() == "cilium" && values.Exists() && !at.IsTrue() {
		p.Report(at, "cilium is deployed without encryption.enabled: pod traffic crosses nodes in clear")
	}
}

// valuesText is chartValues for values in a text.
func valuesText(p *rule.Pass, chart, text manifest.Place) {
	var values struct {
		Encryption struct{ Enabled bool }
	}
	if chart.Str() == "cilium" && yaml.Unmarshal([]byte(text.Str()), &values) == nil && !values.Encryption.Enabled {
		p.Add(rule.Problem{At: text, Message: fmt.Sprintf("%s is deployed without encryption.enabled: pod traffic crosses nodes in clear", chart.Str())})
	}
}
