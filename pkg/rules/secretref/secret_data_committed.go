package secretref

import (
	"encoding/base64"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// SecretDataCommitted reports Secrets whose values stand in the repository.
var SecretDataCommitted = &rule.Rule{
	Meta: rule.Meta{
		ID: "secret-data-committed", Severity: result.High, Since: "0.1",
		Title: "Secret's value is in the repository",
		Why: `Base64 is no encryption: whoever reads the repository, its forks or its CI has
the value, and history keeps it after it is removed. Encrypted and referenced
forms pass: SOPS, SealedSecret, ExternalSecret, and values that the chart makes
at installation.`,
		Fix: "take the value from an external store or an encrypted file, and rotate it",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
			"https://external-secrets.io/latest/",
			"https://www.cisecurity.org/benchmark/kubernetes",
		},
	},
	On: rule.Kinds("", "Secret"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		if o.At("sops").Exists() || o.At("type").Str() == "kubernetes.io/service-account-token" {
			return
		}
		for _, field := range [...]string{"data", "stringData"} {
			for key, at := range o.At(field).Entries() {
				text := at.Str()
				if field == "data" {
					decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
					if err != nil {
						continue // encrypted, or a fault that the schema tells
					}
					text = string(decoded)
				}
				if literal(key, text) && !p.Synthetic(text) {
					p.Add(rule.Problem{At: at, Leak: true,
						Message: fmt.Sprintf("key %q of %s has its value in the repository: whoever reads it, its forks or its history has the secret", key, o)})
				}
			}
		}
	},
}

// literal reports whether the value of a Secret's key is one that nobody
// should read here. Settings beside a credential are none, and neither is a
// certificate.
func literal(key, value string) bool {
	if placeholder(value) {
		return false
	}
	if holdsCredential(value) {
		return true
	}
	if reference(value) || strings.Contains(value, "-----BEGIN CERTIFICATE") || strings.Contains(value, "-----BEGIN PUBLIC KEY") {
		return false
	}
	// A configuration file is a secret for what is in it.
	switch path.Ext(key) {
	case ".yaml", ".yml", ".json", ".toml", ".ini", ".cnf", ".conf", ".cfg", ".properties", ".xml", ".txt", ".env":
		return setting(value) != ""
	}
	words := splitWords(key)
	return len(words) > 0 && !slices.Contains(otherWords, words[len(words)-1])
}
