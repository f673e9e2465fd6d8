package controlplane

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// EtcdSharesClusterCa reports etcd that trusts every client of the cluster.
var EtcdSharesClusterCa = &rule.Rule{
	Meta: rule.Meta{
		ID: "etcd-shares-cluster-ca", Severity: result.Low, Since: "0.1",
		Title: "etcd trusts the cluster's authority",
		Why: `With one authority for both, every certificate of a user or node also opens
etcd, past the API server and all its checks.`,
		Fix: "give etcd an authority of its own in --trusted-ca-file",
		Refs: []string{
			"https://etcd.io/docs/latest/op-guide/security/",
			"https://kubernetes.io/docs/setup/best-practices/certificates/",
		},
	},
	Universe: func(p *rule.Pass) {
		clients := map[string]setting{}
		for _, o := range p.Index.Objects {
			for _, s := range settingsOf(p.Index, o) {
				if v := s.flags["client-ca-file"]; s.component == apiServer && o.Key.Group() == "" && v.text != "" {
					clients[v.text] = v
				}
			}
		}
		for _, o := range p.Index.Objects {
			for _, s := range settingsOf(p.Index, o) {
				v := s.flags["trusted-ca-file"]
				if client, ok := clients[v.text]; ok && s.component == etcd && o.Key.Group() == "" {
					p.Add(rule.Problem{At: v.at, Message: fmt.Sprintf("etcd trusts %q, which also signs the cluster's clients: each of them may open etcd", v.text),
						Related: []result.Related{rule.See(client.at, "the API server trusts it for clients")}})
				}
			}
		}
	},
}
