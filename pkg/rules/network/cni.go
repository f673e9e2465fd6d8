package network

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
)

// agents are the images of network plugins' agents, by the last parts of their
// paths, with the plugin: as published by each, mid-2026.
var agents = map[string]string{
	"flannel": "flannel", "mirrored-flannel": "flannel",
	"calico/node": "calico", "calico-node": "calico", "tigera/operator": "calico", "hardened-calico": "calico", "calico/kube-controllers": "calico",
	"cilium/cilium": "cilium", "cilium/operator-generic": "cilium", "cilium/operator": "cilium",
	"kube-router": "kube-router", "weave-kube": "weave", "weave-npc": "weave", "antrea/antrea-agent-ubuntu": "antrea", "antrea/antrea-ubuntu": "antrea",
	"kube-ovn": "kube-ovn", "aws-network-policy-agent": "aws", "azure-npm": "azure", "kube-network-policies": "kube-network-policies",
	"networking/kube-network-policies": "kube-network-policies",
}

// plugin is a network plugin that the target renders.
type plugin struct {
	name string
	at   manifest.Place
}

// plugins lists the network plugins of the target, by the images of agents.
func plugins(x *index.Index) []plugin {
	var out []plugin
	for _, pod := range x.Pods() {
		for c := range pod.Containers() {
			ref, err := manifest.ParseReference(c.At("image").Str())
			if err != nil {
				continue
			}
			for _, tail := range tails(ref.Path) {
				if name, ok := agents[tail]; ok {
					out = append(out, plugin{name, c.At("image")})
					break
				}
			}
		}
	}
	return out
}

// tails are the last part and the last two parts of a path.
func tails(path string) []string {
	parts := strings.Split(path, "/")
	out := []string{parts[len(parts)-1]}
	if len(parts) > 1 {
		out = append(out, strings.Join(parts[len(parts)-2:], "/"))
	}
	return out
}
