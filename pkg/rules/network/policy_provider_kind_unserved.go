package network

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// PolicyProviderKindUnserved reports policies of a plugin that nothing shows to
// be installed, once a target and plugin.
var PolicyProviderKindUnserved = &rule.Rule{
	Meta: rule.Meta{
		ID: "policy-provider-kind-unserved", Severity: result.Medium, Since: "0.1",
		Title: "Policy of a network plugin that nothing shows to be installed",
		Why: `The kinds of Cilium and Calico mean something to their own plugin only. Where
its definitions are missing the API server refuses the object; where they are
left over from before, it is taken and nobody enforces it.`,
		Fix: "write it as a NetworkPolicy, or say in the parameters which plugin the cluster runs",
		Refs: []string{
			"https://docs.cilium.io/en/stable/security/policy/",
			"https://docs.tigera.io/calico/latest/reference/resources/networkpolicy",
		},
	},
	Params: func() any { return &ProviderParams{} },
	Universe: func(p *rule.Pass) {
		found := map[string][]*manifest.Object{}
		for _, policy := range netpol.All(p.Index) {
			name := provider(policy.Object.Key.Group())
			if os := found[name]; name != "" && (len(os) == 0 || os[len(os)-1] != policy.Object) {
				found[name] = append(os, policy.Object)
			}
		}
		for _, name := range [...]string{"cilium", "calico"} {
			objects := found[name]
			if len(objects) == 0 || shown(p, name) {
				continue
			}
			pr := rule.Problem{
				At: objects[0].At("apiVersion"), Evidence: name,
				Message: fmt.Sprintf("%s is of %s, which nothing shows to be installed: it is refused or has no effect", objects[0], name),
			}
			if n := len(objects) - 1; n > 0 {
				pr.Message = fmt.Sprintf("%s and %d more are of %s, which nothing shows to be installed: they are refused or have no effect", objects[0], n, name)
			}
			for _, o := range objects[1:min(len(objects), maxRelated)] {
				pr.Related = append(pr.Related, rule.See(o.At("apiVersion"), "%s, too", o))
			}
			p.Add(pr)
		}
	},
}

// ProviderParams are the parameters of policy-provider-kind-unserved.
type ProviderParams struct {
	// Installed are the plugins of the cluster: cilium, calico.
	Installed []string `yaml:"installed"`
}

func provider(group string) string {
	switch group {
	case "cilium.io":
		return "cilium"
	case "projectcalico.org", "crd.projectcalico.org":
		return "calico"
	}
	return ""
}

// shown reports whether something shows that the plugin is there: it is
// declared, the target renders its definitions, agent or settings, or it is
// rendered for a cluster that serves them.
func shown(p *rule.Pass, name string) bool {
	if slices.Contains(p.Params.(*ProviderParams).Installed, name) {
		return true
	}
	if h := p.Index.Target.Helm; h != nil && slices.ContainsFunc(h.APIVersions, func(v string) bool {
		group, _, _ := strings.Cut(v, "/")
		return provider(group) == name
	}) {
		return true
	}
	for _, crd := range p.Index.Kind("apiextensions.k8s.io", "CustomResourceDefinition") {
		if provider(crd.At("spec", "group").Str()) == name {
			return true
		}
	}
	for _, o := range p.Index.Objects {
		if o.Is("", "ConfigMap") && o.Key.Name == name+"-config" || name == "calico" && o.Is("operator.tigera.io", "Installation", "APIServer") || o.Is("cilium.io", "CiliumConfig") {
			return true
		}
	}
	return slices.ContainsFunc(plugins(p.Index), func(pl plugin) bool { return pl.name == name })
}
