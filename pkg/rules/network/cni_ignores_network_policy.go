package network

import (
	"encoding/json"
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// CNIIgnoresNetworkPolicy reports network plugins that enforce no policy.
var CNIIgnoresNetworkPolicy = &rule.Rule{
	Meta: rule.Meta{
		ID: "cni-ignores-network-policy", Severity: result.Medium, Since: "0.1",
		Title: "Network plugin enforces no policies",
		Why: `The API server takes NetworkPolicies whatever the network plugin does with
them. flannel alone, kubenet and the bridge plugin do nothing: every pod reaches
every other, and the policies only look as if they helped.`,
		Fix: "install a plugin that enforces policies, or one beside this (Canal, kube-network-policies)",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/network-policies/#prerequisites",
			"https://github.com/flannel-io/flannel#networking-details",
		},
	},
	Universe: func(p *rule.Pass) {
		var weak []plugin
		for _, pl := range plugins(p.Index) {
			if pl.name != "flannel" {
				return // enforced by it
			}
			weak = append(weak, pl)
		}
		if len(weak) == 0 {
			weak = configuredPlugins(p.Index)
		}
		if len(weak) == 0 {
			return
		}
		pr := rule.Problem{At: weak[0].at, Severity: new(result.Low), Message: fmt.Sprintf("%s enforces no network policies: those to come would have no effect", weak[0].name)}
		if policies := netpol.All(p.Index); len(policies) > 0 {
			pr.Severity = nil
			pr.Message = fmt.Sprintf("%s enforces no network policies: %s has no effect", weak[0].name, policies[0].Object)
			pr.Related = []result.Related{rule.See(policies[0].Object.At("metadata", "name"), "the policy")}
		}
		p.Add(pr)
	},
}

// configuredPlugins reads the configuration of network plugins in ConfigMaps;
// none where any of them may enforce policies.
func configuredPlugins(x *index.Index) []plugin {
	var out []plugin
	for _, cm := range x.Kind("", "ConfigMap") {
		for _, at := range cm.At("data").Entries() {
			var conf struct {
				CNIVersion string `json:"cniVersion"`
				Type       string
				Plugins    []struct{ Type string }
			}
			if text := at.Str(); len(text) == 0 || text[0] != '{' || json.Unmarshal([]byte(text), &conf) != nil || conf.CNIVersion == "" {
				continue
			}
			types := []string{conf.Type}
			for _, p := range conf.Plugins {
				types = append(types, p.Type)
			}
			pl, ok := weakPlugin(types, at)
			if !ok {
				return nil
			}
			if pl.name != "" {
				out = append(out, pl)
			}
		}
	}
	return out
}

// weakPlugin is the plugin among a chain's types that enforces nothing; ok is
// false if another may.
func weakPlugin(types []string, at manifest.Place) (pl plugin, ok bool) {
	for _, t := range types {
		switch t {
		case "flannel", "bridge", "kubenet", "ptp":
			pl = plugin{t, at}
		case "", "portmap", "bandwidth", "tuning", "loopback", "host-local", "firewall", "sbr", "vrf":
		default:
			return pl, false
		}
	}
	return pl, true
}
