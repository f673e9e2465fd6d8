package reliability

import (
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// DNSParams are the parameters of dns-config-unset.
type DNSParams struct {
	// Options are the resolver options that each pod must set: names, or
	// name=value.
	Options []string `yaml:"options"`
}

// DnsConfigUnset reports pods that leave the resolver's options at their
// defaults.
var DnsConfigUnset = &rule.Rule{
	Meta: rule.Meta{
		ID: "dns-config-unset", Severity: result.Info, Off: true, Since: "0.1",
		Title: "DNS option is not set",
		Why: `Kubernetes writes ndots:5 into resolv.conf, so that every outside name is
first looked up below each search domain. Clients that look up many outside
names wait for it, and the cluster's DNS has five times the load.`,
		Fix: "set the option in the pod's dnsConfig.options",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config",
		},
	},
	Params: func() any { return &DNSParams{Options: []string{"ndots"}} },
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		at := pod.Spec.At("dnsConfig", "options")
		set := map[string]manifest.Place{}
		for o := range at.Items() {
			set[o.At("name").Str()] = o
		}
		for _, option := range p.Params.(*DNSParams).Options {
			name, value, _ := strings.Cut(option, "=")
			switch o := set[name]; {
			case !o.Exists():
				p.Add(rule.Problem{At: at, Evidence: name,
					Message: fmt.Sprintf("pod leaves the DNS option %q at its default: lookups may be slower than they need to be", name)})
			case value != "" && o.At("value").Str() != value:
				p.Report(o.At("value"), "DNS option %q is %s, and the house wants %s", name, o.At("value").Str(), value)
			}
		}
	},
}
