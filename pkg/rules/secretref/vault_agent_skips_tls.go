package secretref

import (
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// VaultAgentSkipsTLS reports connections to Vault that anybody on the way can
// read.
var VaultAgentSkipsTLS = &rule.Rule{
	Meta: rule.Meta{
		ID: "vault-agent-skips-tls", Severity: result.High, Since: "0.1",
		Title: "Connection to Vault is not protected",
		Why: `The account's token and every secret pass through this connection. Without TLS,
or with a certificate that nobody checks, whoever is on the way has them all.`,
		Fix: "use the https address, and name Vault's CA with ca-cert or caCertSecretRef",
		Refs: []string{
			"https://developer.hashicorp.com/vault/docs/deploy/kubernetes/injector/annotations#vault-hashicorp-com-tls-skip-verify",
			"https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#vaultconnection",
		},
	},
	On: rule.Or(rule.PodBearing, rule.Kinds("secrets.hashicorp.com", "VaultConnection")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		checks, addresses := []manifest.Place{o.At("spec", "skipTLSVerify")}, []manifest.Place{o.At("spec", "address")}
		if pod, ok := o.Pod(); ok {
			checks, addresses = []manifest.Place{vault(pod, "tls-skip-verify")}, []manifest.Place{vault(pod, "service")}
			for c := range pod.Containers() {
				for e := range c.At("env").Items() {
					switch e.At("name").Str() {
					case "VAULT_SKIP_VERIFY":
						checks = append(checks, e.At("value"))
					case "VAULT_ADDR", "AGENT_INJECT_VAULT_ADDR":
						addresses = append(addresses, e.At("value"))
					}
				}
			}
		}
		for _, at := range checks {
			if at.IsTrue() || says(at) {
				p.Report(at, "%s does not check Vault's certificate: whoever answers gets the login and the secrets", o)
			}
		}
		for _, at := range addresses {
			if inClear(at.Str()) {
				p.Report(at, "%s talks to Vault at %q in clear: the login and the secrets can be read on the way", o, at.Str())
			}
		}
	},
}
