package namespace

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// NamespaceWithoutQuota reports namespaces that may take the whole cluster.
var NamespaceWithoutQuota = &rule.Rule{
	Meta: rule.Meta{
		ID: "namespace-without-quota", Severity: result.Low, Off: true, Since: "0.1",
		Title: "Namespace has no quota",
		Why: `Without a ResourceQuota one team's mistake, a loop that makes pods or a memory
leak in fifty replicas, takes the nodes from all others.`,
		Fix: "add a ResourceQuota with cpu, memory and pods",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/policy/resource-quotas/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Universe: func(p *rule.Pass) {
		quotas := map[string][]*manifest.Object{}
		for _, q := range p.Index.Kind("", "ResourceQuota") {
			n := p.Index.Namespace(q)
			quotas[n] = append(quotas[n], q)
		}
		for _, ns := range p.Index.Kind("", "Namespace") {
			if name := ns.Key.Name; len(p.Index.PodsIn(name)) > 0 && len(quotas[name]) == 0 {
				p.Report(ns.At("metadata", "name"), "%s holds workloads and has no ResourceQuota: it may take the whole cluster", ns)
			}
		}
		for _, q := range p.Index.Kind("", "ResourceQuota") {
			if missing := unlimited(quotas[p.Index.Namespace(q)]); len(missing) > 0 {
				p.Report(q.At("spec", "hard"), "the quotas of namespace %q do not limit %s: it may take all that the cluster has", p.Index.Namespace(q), strings.Join(missing, ", "))
				delete(quotas, p.Index.Namespace(q)) // told once
			}
		}
	},
}

// unlimited is what none of the namespace's quotas limits. Where cpu or memory
// is limited every pod must request some, which limits the number of pods.
func unlimited(quotas []*manifest.Object) []string {
	if len(quotas) == 0 {
		return nil
	}
	var out []string
	for resource, names := range map[string][]string{
		"cpu":    {"cpu", "requests.cpu", "limits.cpu"},
		"memory": {"memory", "requests.memory", "limits.memory"},
	} {
		found := false
		for _, q := range quotas {
			for _, n := range names {
				found = found || q.At("spec", "hard", n).Exists()
			}
		}
		if !found {
			out = append(out, resource)
		}
	}
	slices.Sort(out)
	return out
}
