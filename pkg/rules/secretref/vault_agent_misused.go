package secretref

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// VaultAgentMisused reports annotations of Vault's agent that do nothing, or
// give too much.
var VaultAgentMisused = &rule.Rule{
	Meta: rule.Meta{
		ID: "vault-agent-misused", Severity: result.Medium, Since: "0.1",
		Title: "Vault agent is set up wrongly",
		Why: `Without a role, or with injection off, the pod does not start or runs without
its secrets. An application that gets Vault's token itself, an agent as root, or
a credential in an annotation undo what the agent is for.`,
		Fix: "set agent-inject: \"true\" and role, and leave the token and the login to the agent",
		Refs: []string{
			"https://developer.hashicorp.com/vault/docs/deploy/kubernetes/injector/annotations",
		},
	},
	Pod: func(p *rule.Pass, pod manifest.Pod) {
		inject := vault(pod, "agent-inject")
		if at := vault(pod, "role"); says(inject) && at.Str() == "" && vault(pod, "agent-configmap").Str() == "" && vault(pod, "auth-type").Str() == "" {
			p.Report(inject, "%s asks for Vault's agent and names no role: the agent cannot log in, and the pods do not start", pod.Object)
		}
		for name, at := range pod.Annotations().Entries() {
			setting, ok := strings.CutPrefix(name, vaultPrefix)
			switch {
			case !ok:
			case strings.HasPrefix(setting, "agent-inject-secret-") && !says(inject):
				p.Report(at, "%s lists a secret for Vault's agent, and agent-inject is not true: nothing is injected", pod.Object)
				return
			case setting == "agent-inject-token" && says(at):
				p.Report(at, "%s gets Vault's token itself: what breaks the application reads all that the role may", pod.Object)
			case setting == "agent-run-as-user" && at.Str() == "0":
				p.Report(at, "%s runs Vault's agent as root", pod.Object)
			case strings.HasPrefix(setting, "auth-config-") && at.IsString() && namedCredential(strings.TrimPrefix(setting, "auth-config-"), at.Str()),
				setting == "auth-config-secret-id" && !placeholder(at.Str()):
				p.Report(at, "annotation %q of %s holds a credential: everyone who reads the pod has it", name, pod.Object)
			}
		}
	},
}
