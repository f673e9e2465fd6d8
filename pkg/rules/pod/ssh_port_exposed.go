package pod

import (
	"strconv"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SshPortExposed reports containers and Services that serve SSH.
var SshPortExposed = &rule.Rule{
	Meta: rule.Meta{
		ID: "ssh-port-exposed", Severity: result.Medium, Since: "0.1",
		Title: "SSH is served",
		Why: `A shell over SSH passes by the cluster's authentication, its roles and its
audit log, and its keys outlive the people who had them. kubectl exec does the
same under control.`,
		Fix: "remove the SSH server and its port, and use kubectl exec or an ephemeral container",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/debug/debug-application/get-shell-running-container/",
			"https://cwe.mitre.org/data/definitions/749.html",
		},
	},
	On: rule.Or(rule.PodBearing, rule.Kinds("", "Service")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if pod, ok := o.Pod(); ok {
			for c := range pod.Containers() {
				for port := range c.At("ports").Items() {
					if at := port.At("containerPort"); isSSH(port, at) {
						p.Report(at, "container %q serves SSH on port %s: a way in past the cluster's roles and audit", c.Name, at.Str())
					}
				}
			}
			return
		}
		for port := range o.At("spec", "ports").Items() {
			at := port.At("targetPort")
			if !at.Exists() {
				at = port.At("port")
			}
			if isSSH(port, at) {
				p.Report(at, "%s sends traffic to SSH on port %s: a way in past the cluster's roles and audit", o, at.Str())
			}
		}
	},
}

// isSSH reports whether the port is that of SSH, or the usual other one under
// SSH's name.
func isSSH(port, number manifest.Place) bool {
	if protocol := port.At("protocol").Str(); protocol != "" && protocol != "TCP" {
		return false
	}
	n, ok := number.Int()
	if number.IsString() { // a Service may quote it
		parsed, err := strconv.Atoi(number.Str())
		n, ok = int64(parsed), err == nil
	}
	return ok && (n == 22 || n == 2222 && strings.EqualFold(port.At("name").Str(), "ssh"))
}
