package pod

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// HostAliasesSet reports pods that pin host names in /etc/hosts.
var HostAliasesSet = &rule.Rule{
	Meta: rule.Meta{
		ID: "host-aliases-set", Severity: result.Info, Off: true, Since: "0.1",
		Title: "Pod pins host names in /etc/hosts",
		Why: `Host aliases answer before DNS does: they outlive the address that they name,
leave no trace in the DNS logs and can lead a client astray without anyone
changing a zone.`,
		Fix: "remove hostAliases and publish the name in DNS",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		if at := pod.Spec.At("hostAliases"); at.Len() > 0 {
			p.Report(at, "pod pins names in /etc/hosts: they bypass DNS and its logs")
		}
	},
}
