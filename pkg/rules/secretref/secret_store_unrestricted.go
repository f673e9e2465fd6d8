package secretref

import (
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SecretStoreUnrestricted reports stores that give secrets to everyone, or
// fetch them from whoever answers.
var SecretStoreUnrestricted = &rule.Rule{
	Meta: rule.Meta{
		ID: "secret-store-unrestricted", Severity: result.Medium, Since: "0.1",
		Title: "Secret store is open or unprotected",
		Why: `Whoever may make an ExternalSecret anywhere reads through a ClusterSecretStore
without conditions whatever its credential reads. A store in clear, or one whose
certificate is not checked, gives the secrets and the login to whoever is on the
way; the fake provider and literal credentials keep them in the repository.`,
		Fix: "list the namespaces in spec.conditions, check the server's certificate, and refer to a Secret for the login",
		Refs: []string{
			"https://external-secrets.io/latest/api/clustersecretstore/",
			"https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#vaultauth",
		},
	},
	On: rule.Or(rule.Kinds(esoGroup, "ClusterSecretStore", "SecretStore"), rule.Kinds("secrets.hashicorp.com", "VaultAuth", "VaultAuthGlobal")),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if at := o.At("spec", "conditions"); o.Key.Kind == "ClusterSecretStore" && at.Len() == 0 {
			p.Report(at, "%s has no conditions: every namespace may read through it whatever its login reads", o)
		}
		if at := o.At("spec", "provider", "fake"); at.Exists() {
			p.Report(at, "%s uses the fake provider: its secrets stand in the manifest", o)
			return // what is in it is no other fault
		}
		for at := range o.At("spec").Scalars() {
			name := at.Path()[strings.LastIndexByte(at.Path(), '.')+1:]
			switch {
			case skipsTLS[strings.ToLower(name)] && at.IsTrue():
				p.Report(at, "%s does not check the server's certificate: whoever answers gets the login", o)
			case inClear(at.Str()):
				p.Report(at, "%s talks to %q in clear: the login and the secrets can be read on the way", o, at.Str())
			case at.IsString() && (holdsCredential(at.Str()) || namedCredential(name, at.Str()) && !strings.Contains(strings.ToLower(at.Path()), "ref.")):
				p.Report(at, "%s has a literal credential in %s: everyone who reads the manifest has it", o, name)
			}
		}
	},
}

// skipsTLS are the fields, in lower case, that switch off the check of a
// server's certificate.
var skipsTLS = map[string]bool{
	"insecureskipverify": true, "skiptlsverify": true, "tlsskipverify": true, "insecure": true,
	"ignoresslcertificate": true, "skipverify": true, "ignoretlserrors": true,
}

// inClear reports whether the text is an address in clear of another host.
func inClear(text string) bool {
	host, ok := strings.CutPrefix(strings.ToLower(text), "http://")
	return ok && !strings.HasPrefix(host, "localhost") && !strings.HasPrefix(host, "127.") && !strings.HasPrefix(host, "[::1]")
}
