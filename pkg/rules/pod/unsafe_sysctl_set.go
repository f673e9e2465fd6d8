package pod

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// UnsafeSysctlSet reports kernel settings outside the safe list of the target's
// version.
var UnsafeSysctlSet = &rule.Rule{
	Meta: rule.Meta{
		ID: "unsafe-sysctl-set", Severity: result.Medium, Since: "0.1",
		Title: "Pod sets an unsafe sysctl",
		Why: `Sysctls outside the safe list are not namespaced or not isolated well: they
can change other pods' behaviour or harm the node's. A kubelet refuses them
unless its administrator allowed them.`,
		Fix: "remove the sysctl from the pod's securityContext.sysctls",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
			"https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		version := p.Index.Version()
		for s := range pod.Spec.At("securityContext", "sysctls").Items() {
			// Both separators are accepted; the kernel's files have slashes.
			name := strings.ReplaceAll(s.At("name").Str(), "/", ".")
			if since, safe := safeSysctls[name]; name != "" && (!safe || version.Before(since, 0)) {
				p.Report(s.At("name"), "pod sets sysctl %q, which is not on the safe list of Kubernetes %s: it may change other pods or the node", name, version)
			}
		}
	},
}

// safeSysctls are the sysctls that every kubelet allows, with the minor
// version of Kubernetes that added them (0: always), as of 1.36.
// https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/
var safeSysctls = map[string]int{
	"kernel.shm_rmid_forced":              0,
	"net.ipv4.ip_local_port_range":        0,
	"net.ipv4.tcp_syncookies":             0,
	"net.ipv4.ping_group_range":           0,
	"net.ipv4.ip_unprivileged_port_start": 22,
	"net.ipv4.ip_local_reserved_ports":    27,
	"net.ipv4.tcp_keepalive_time":         29,
	"net.ipv4.tcp_fin_timeout":            29,
	"net.ipv4.tcp_keepalive_intvl":        29,
	"net.ipv4.tcp_keepalive_probes":       29,
	"net.ipv4.tcp_rmem":                   32,
	"net.ipv4.tcp_wmem":                   32,
}
