package controlplane

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// AuditPolicyIncomplete reports audit policies that leave out what matters, or
// log Secrets.
var AuditPolicyIncomplete = &rule.Rule{
	Meta: rule.Meta{
		ID: "audit-policy-incomplete", Severity: result.Low, Since: "0.1",
		Title: "Audit policy leaves out what matters",
		Why: `What the policy does not log leaves no trace: access to Secrets, tokens,
rights, or commands run in pods. A level that logs the bodies of Secrets
copies them into the log.`,
		Fix: "log secrets, configmaps, tokenreviews, RBAC, pods/exec and pods/portforward at level Metadata",
		Refs: []string{
			"https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/",
		},
	},
	On: rule.Kinds("audit.k8s.io", "Policy"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		var missing []string
		for _, w := range mustLog() {
			switch level := w.level(o); {
			case level == "" || level == "None":
				missing = append(missing, w.resource)
			case w.resource == "secrets" && level != "Metadata":
				medium := result.Medium
				p.Add(rule.Problem{At: o.At("rules"), Evidence: level, Severity: &medium,
					Message: fmt.Sprintf("the audit policy logs secrets at level %s: their contents go into the log", level)})
			}
		}
		if len(missing) > 0 {
			p.Report(o.At("rules"), "the audit policy does not log %s: access to them leaves no trace", strings.Join(missing, ", "))
		}
	},
}

// watched is a resource, and a verb that must leave a trace.
type watched struct{ group, resource, verb string }

func mustLog() []watched {
	return []watched{
		{"", "secrets", "get"}, {"", "configmaps", "update"}, {"authentication.k8s.io", "tokenreviews", "create"},
		{manifest.RBACGroup, "clusterrolebindings", "create"}, {"", "pods/exec", "create"}, {"", "pods/portforward", "create"},
	}
}

// level is that of the first rule that catches every such request, as the API
// server takes the first that matches. Rules for certain users, namespaces or
// names catch only some.
func (w watched) level(o *manifest.Object) string {
	for r := range o.At("rules").Items() {
		some := false
		for _, field := range [...]string{"users", "userGroups", "namespaces", "nonResourceURLs"} {
			some = some || r.At(field).Len() > 0
		}
		if verbs := r.At("verbs").Strings(); some || len(verbs) > 0 && !slices.Contains(verbs, w.verb) && !slices.Contains(verbs, "*") {
			continue
		}
		if r.At("resources").Len() == 0 {
			return r.At("level").Str()
		}
		for res := range r.At("resources").Items() {
			names := res.At("resources").Strings()
			covers := len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return n == "*" || manifest.ResourceMatches(n, w.resource) })
			if res.At("group").Str() == w.group && covers && res.At("resourceNames").Len() == 0 {
				return r.At("level").Str()
			}
		}
	}
	return ""
}
