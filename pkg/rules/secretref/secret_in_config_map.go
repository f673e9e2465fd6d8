package secretref

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ConfigMapParams are the parameters of secret-in-config-map.
type ConfigMapParams struct {
	// Names are keys, beside those that read like a credential's, whose value
	// is one.
	Names []string `yaml:"names"`
}

// SecretInConfigMap reports credentials in ConfigMaps.
var SecretInConfigMap = &rule.Rule{
	Meta: rule.Meta{
		ID: "secret-in-config-map", Severity: result.High, Since: "0.1",
		Title: "Credential in a ConfigMap",
		Why: `ConfigMaps are read by everyone who may look at the namespace, are not
encrypted at rest, and are printed by tools that mask Secrets.`,
		Fix: "move the value to a Secret that an external store or an encrypted file fills, and rotate it",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/configmap/",
			"https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
			"https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
		},
	},
	Params: func() any { return &ConfigMapParams{Names: []string{}} },
	On:     rule.Kinds("", "ConfigMap"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		names := p.Params.(*ConfigMapParams).Names
		for _, field := range [...]string{"data", "binaryData"} {
			for key, at := range o.At(field).Entries() {
				text := at.Str()
				if field == "binaryData" {
					decoded, err := base64.StdEncoding.DecodeString(text)
					if err != nil {
						continue
					}
					text = string(decoded)
				}
				switch {
				case p.Synthetic(text):
				case holdsCredential(text):
					p.Add(rule.Problem{At: at, Leak: true,
						Message: fmt.Sprintf("key %q of %s holds a credential: everyone who may look at the namespace has it", key, o)})
				case setting(text) != "":
					p.Add(rule.Problem{At: at, Leak: true,
						Message: fmt.Sprintf("key %q of %s sets %q to a literal: everyone who may look at the namespace has it", key, o, setting(text))})
				case namedCredential(key, text), slices.Contains(names, key) && !placeholder(text) && !reference(text):
					p.Add(rule.Problem{At: at, Leak: true,
						Message: fmt.Sprintf("key %q of %s has a literal value under a credential's name: everyone who may look at the namespace has it", key, o)})
				}
			}
		}
	},
}

// line is a setting of a configuration file.
var line = regexp.MustCompile(`(?m)^\s*(?:export\s+)?([\w.-]+)\s*[=:]\s*["']?([^\s"'#;,]+)["']?,?\s*$`)

// credentialStems are in every name that is a credential's.
var credentialStems = []string{"pass", "pwd", "secret", "token", "key", "credential"}

// setting is the first name in a configuration file that is a credential's of
// some kind ("db.password", not "token" alone, which is a name of many things)
// and has a literal value.
func setting(text string) string {
	if lower := strings.ToLower(text); !slices.ContainsFunc(credentialStems, func(s string) bool { return strings.Contains(lower, s) }) {
		return "" // most are, and some are long
	}
	for _, m := range line.FindAllStringSubmatch(text, 1000) {
		password := strings.HasSuffix(strings.ToLower(m[1]), "password")
		if (password || len(splitWords(m[1])) > 1) && namedCredential(m[1], m[2]) {
			return m[1]
		}
	}
	return ""
}
