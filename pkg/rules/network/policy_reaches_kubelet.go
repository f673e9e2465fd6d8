package network

import (
	"fmt"
	"path"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PolicyReachesKubelet reports workloads whose egress policies leave the
// kubelets' ports open.
var PolicyReachesKubelet = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-reaches-kubelet", Severity: result.Low, Since: "0.1",
		Title: "Egress policy leaves the kubelets open",
		Why: `A kubelet runs commands in every pod of its node, and its read-only port shows
what runs there. Agents that collect metrics need it; a pod that serves users
does not, and whoever takes it over looks there next.`,
		Fix: "except the nodes' range in the block, or name the destinations that are needed",
		Refs: []string{
			"https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Params: func() any {
		return &KubeletParams{Agents: []string{"*prometheus*", "*metrics-server*", "*metrics-agent*", "*opentelemetry*", "*otel*", "*datadog*", "*telegraf*", "*alloy*", "*grafana-agent*"}}
	},
	Universe: func(p *rule.Pass) {
		r := p.Reach()
		ports := netpol.PortsOf(netpol.TCP, 10250, 10250).Or(netpol.PortsOf(netpol.TCP, 10255, 10255))
		for _, v := range reachedThrough(r, func(c *netpol.Class) (netpol.Peer, netpol.Ports, string) {
			peer := netpol.Peer{Nodes: true}
			return peer, r.Out(c, peer, netpol.Surely).And(ports), "the kubelets"
		}) {
			pods := slices.DeleteFunc(v.pods, p.Params.(*KubeletParams).agent)
			if len(pods) == 0 {
				continue
			}
			p.Add(rule.Problem{
				At: v.at, Related: seePods(pods, "%s is selected"),
				Message: fmt.Sprintf("%s can reach the kubelets' ports on the nodes through %s", who(pods), v.through()),
			})
		}
	},
}

// KubeletParams are the parameters of policy-reaches-kubelet.
type KubeletParams struct {
	// Agents are globs of the names of workloads that may.
	Agents []string `yaml:"agents"`
}

func (k *KubeletParams) agent(pod manifest.Pod) bool {
	return slices.ContainsFunc(k.Agents, func(glob string) bool {
		ok, err := path.Match(glob, pod.Object.Key.Name)
		return ok && err == nil
	})
}
