package pod

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SccPermissiveField reports what a SecurityContextConstraints lets pods do,
// and who gets the widest ones.
var SccPermissiveField = &rule.Rule{
	Meta: rule.Meta{
		ID: "scc-permissive-field", Severity: result.High, Since: "0.1",
		Title: "SecurityContextConstraints are permissive",
		Why: `OpenShift gives a pod the constraints that its account may use. An open one,
or the built-in privileged and anyuid, lets every pod of that account run as
root or take the node.`,
		Fix:  "copy the constraints, close what the pods do not need, and bind the copy to one service account",
		Want: "false",
		Refs: []string{
			"https://docs.openshift.com/container-platform/latest/authentication/managing-security-context-constraints.html",
		},
	},
	On: rule.Or(sccs, rule.Kinds(manifest.RBACGroup, "RoleBinding", "ClusterRoleBinding")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if sccs(o) {
			permissiveSCC(p, o)
			return
		}
		scc, _ := strings.CutPrefix(o.At("roleRef", "name").Str(), "system:openshift:scc:")
		if scc == o.At("roleRef", "name").Str() || !slices.Contains(widestSCCs, scc) {
			return
		}
		for s := range o.Subjects() {
			if _, _, ok := s.ServiceAccount(); ok {
				p.Add(rule.Problem{At: s.Place, Want: rule.NoWant, Message: fmt.Sprintf("%s gives %s the constraints %q: its pods may run as root", o, s, scc)})
			}
		}
	},
}

var sccs = rule.Or(rule.Kinds("security.openshift.io", "SecurityContextConstraints"), rule.Kinds("", "SecurityContextConstraints"))

var widestSCCs = []string{"privileged", "anyuid"}

func permissiveSCC(p *rule.Pass, o *manifest.Object) {
	for _, field := range [...]string{
		"allowPrivilegedContainer", "allowHostDirVolumePlugin", "allowHostIPC", "allowHostNetwork", "allowHostPID", "allowHostPorts",
	} {
		if at := o.At(field); at.IsTrue() {
			p.Report(at, "%s sets %s: its pods may leave their sandbox", o, field)
		}
	}
	for at := range o.At("allowedCapabilities").Items() {
		if at.Str() == "*" {
			p.Add(rule.Problem{At: at, Want: rule.NoWant, Message: fmt.Sprintf("%s allows every capability: its pods may take the node", o)})
		}
	}
	if at := o.At("runAsUser", "type"); at.Str() == "RunAsAny" {
		p.Add(rule.Problem{At: at, Want: rule.NoWant, Message: fmt.Sprintf("%s allows any user: its pods may run as root", o)})
	}
	if !slices.Contains(widestSCCs, o.Key.Name) {
		return
	}
	for at := range o.At("users").Items() {
		if account, ok := strings.CutPrefix(at.Str(), "system:serviceaccount:"); ok {
			p.Add(rule.Problem{At: at, Want: rule.NoWant, Message: fmt.Sprintf("%s is given to service account %q: its pods may run as root", o, strings.Replace(account, ":", "/", 1))})
		}
	}
}
