package secret

import (
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// own is a rule that gitleaks lacks, for what clusters and their files are
// made of.
type own struct {
	config.Rule
	severity result.Severity
	rank     int
	// check decides on a match by more than its shape; nil accepts.
	check func(match, value string) bool
}

// The ids of rules that other files treat by name.
const (
	namedCredential  = "named-credential"
	connectionString = "connection-string-password"
	privateKey       = "private-key"
	kubeSecret       = "kubernetes-secret-yaml"
)

// telling are the words of a key that promises a credential, and the keywords
// of rules that look for one.
const telling = `passw(?:or)?d|passphrase|pwd|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|encryption[_-]?key|signing[_-]?key|account[_-]?key|master[_-]?key|license[_-]?key|auth[_-]?key|shared[_-]?key|app[_-]?key|[_-]pass|erlang[_-]?cookie`

var tellingWords = []string{"pass", "pwd", "secret", "token", "credential", "key", "cookie"}

// Where a value may stand behind its key: "k: v", "k = v", a block scalar, an
// entry of a container's env, an element of XML.
const behind = `["']?(?:[ \t]{0,3}(?::?=>?|:)[ \t]{0,10}|:[ \t]{0,3}[|>][+-]?[ \t]{0,3}\r?\n[ \t]{1,40}|,?\s{1,60}["']?value["']?[ \t]{0,3}:[ \t]{0,10}|>)`

// value is one, quoted or not.
const value = `(?:"([^"\n]{4,200})"|'([^'\n]{4,200})'|([^\s"'#,;&<>]{4,200}))`

var ownRules = [...]own{
	{
		Rule: config.Rule{
			RuleID: namedCredential, Description: "Found a literal under the name of a credential",
			Regex:    regexp.MustCompile(`(?i)[\w.-]{0,40}(?:` + telling + `)[\w.-]{0,30}` + behind + value),
			Keywords: tellingWords,
		},
		severity: result.Medium, rank: generic, check: credible,
	}, {
		Rule: config.Rule{
			RuleID: "command-line-credential", Description: "Found a credential on a command line",
			Regex: regexp.MustCompile(`(?i)(?:--?[a-z-]{0,30}(?:password|passwd|passphrase|token|secret|api-?key)[ \t]{1,3}|--(?:user|login)[ =]["']?[\w.@-]{1,64}:|\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;]{0,80}[ \t]-p|\bsshpass[ \t]{1,3}-p[ \t]{0,3}|\bredis-cli\b[^\n|;]{0,80}[ \t]-a[ \t]{1,3}|\b(?:docker|podman|helm registry|skopeo)[ \t]{1,3}login\b[^\n|;]{0,80}[ \t]-p[ \t]{1,3}|\b(?:requirepass|masterauth)[ \t]{1,3})` +
				`(?:"([^"\n]{4,200})"|'([^'\n]{4,200})'|([^\s"'#,;&|<>()-][^\s"'#,;&|<>()]{3,200}))`),
			Keywords: []string{"password", "passwd", "passphrase", "token", "secret", "key", "-user", "-login", "mysql", "mariadb", "sshpass", "redis-cli", "login", "requirepass", "masterauth"},
		},
		severity: result.High, rank: generic,
		check: func(_, v string) bool { return passwordLike(v) },
	}, {
		Rule: config.Rule{
			RuleID: "authorization-header", Description: "Found the credential of an HTTP Authorization header",
			Regex:    regexp.MustCompile(`(?i)\bauthorization["']?(?:\s{0,3}[:=]\s{0,3}|[ \t]{1,3}|,?\s{1,60}["']?value["']?[ \t]{0,3}:[ \t]{0,10})["']?(?:basic|bearer|token|apikey)[ \t]{1,3}([A-Za-z0-9+/_.=~-]{8,600})`),
			Keywords: []string{"authorization"}, Entropy: 2.5,
		},
		severity: result.High, rank: shaped,
	}, {
		Rule: config.Rule{
			RuleID: connectionString, Description: "Found a connection string with a password",
			Regex:    regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s:/?#@'"{}$<>]{0,64}:([^\s/?#@'"{}$<>]{3,128})@[\w.\[-]+`),
			Keywords: []string{"://"},
		},
		severity: result.High, rank: shaped,
	}, {
		Rule: config.Rule{
			RuleID: "netrc-password", Description: "Found a login of a netrc file",
			Regex:    regexp.MustCompile(`\bmachine\s{1,10}\S{1,100}\s{1,10}login\s{1,10}\S{1,100}\s{1,10}password\s{1,10}(\S{4,200})`),
			Keywords: []string{"machine"},
		},
		severity: result.High, rank: shaped,
	}, {
		Rule: config.Rule{
			RuleID: "docker-registry-auth", Description: "Found the login of a container registry in a Docker configuration",
			Regex:    regexp.MustCompile(`"auth"\s{0,5}:\s{0,5}"([A-Za-z0-9+/]{12,400}={0,2})"`),
			Keywords: []string{`"auth"`},
		},
		severity: result.High, rank: shaped,
		check: func(_, v string) bool {
			plain, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(v, "="))
			_, password, ok := strings.Cut(string(plain), ":")
			return err == nil && ok && len(password) >= 4
		},
	}, {
		Rule: config.Rule{
			RuleID: "kubeconfig-client-key", Description: "Found the private key of a kubeconfig user",
			Regex:    regexp.MustCompile(`client-key-data["']?:[ \t]{1,5}["']?([A-Za-z0-9+/]{64,}={0,2})`),
			Keywords: []string{"client-key-data"}, Entropy: 3,
		},
		severity: result.Critical, rank: shaped,
	}, {
		Rule: config.Rule{
			RuleID: "kubernetes-service-account-token", Description: "Found the token of a Kubernetes service account",
			Regex:    regexp.MustCompile(`\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{20,})`),
			Keywords: []string{"eyj"},
		},
		severity: result.Critical, rank: specific,
		check: func(_, v string) bool {
			parts := strings.Split(v, ".")
			claims, err := base64.RawURLEncoding.DecodeString(parts[1])
			return err == nil && strings.Contains(string(claims), "kubernetes") && strings.Contains(string(claims), "serviceaccount")
		},
	}, {
		Rule: config.Rule{
			RuleID: "kubernetes-bootstrap-token", Description: "Found a token with which nodes join a cluster",
			Regex:    regexp.MustCompile(`(?i)\btoken["']?[:= \t]{1,4}["']?((?-i:[a-z0-9]{6}\.[a-z0-9]{16}))\b`),
			Keywords: []string{"token"}, Entropy: 3,
		},
		severity: result.Critical, rank: shaped,
	}, {
		Rule: config.Rule{
			RuleID: "k3s-node-token", Description: "Found a token with which nodes join a k3s or RKE2 cluster",
			Regex:    regexp.MustCompile(`\b(K10[0-9a-f]{64}::[a-z0-9:.-]{0,40}[0-9a-z]{16,64})\b`),
			Keywords: []string{"k10"}, Entropy: 3,
		},
		severity: result.Critical, rank: specific,
	}, {
		Rule: config.Rule{
			RuleID: "vault-root-token", Description: "Found a root token of HashiCorp Vault or OpenBao",
			Regex:    regexp.MustCompile(`\b(hvs\.[A-Za-z0-9]{24,28})\b`),
			Keywords: []string{"hvs."}, Entropy: 3,
		},
		severity: result.Critical, rank: specific,
	}, {
		Rule: config.Rule{
			RuleID: "vault-unseal-key", Description: "Found a share of the key that unseals a Vault",
			Regex:    regexp.MustCompile(`(?i)(?:unseal[ _-]?keys?(?:[ _-]?(?:\d{1,2}|b64|hex))?["']?|recovery[ _-]?key[ _-]?\d{0,2}["']?)\s{0,3}[:=]\s{0,3}["'\[-]{0,2}\s{0,10}["']?([A-Za-z0-9+/]{43,44}={0,1}|[0-9a-f]{64,66})\b`),
			Keywords: []string{"unseal", "recovery"}, Entropy: 3.5,
		},
		severity: result.Critical, rank: shaped,
	},
}

// kubernetes adds these rules to gitleaks'. A rule of the repository's
// configuration that has the name of one takes its place.
func kubernetes(cfg config.Config) config.Config {
	cfg.Rules = maps.Clone(cfg.Rules)
	for _, r := range ownRules {
		if _, ok := cfg.Rules[r.RuleID]; !ok {
			cfg.Rules[r.RuleID] = r.Rule
		}
	}
	return cfg
}

// ownRule finds one of these rules, nil if it is none.
func ownRule(rule string) *own {
	i := slices.IndexFunc(ownRules[:], func(r own) bool { return r.RuleID == rule })
	if i < 0 {
		return nil
	}
	return &ownRules[i]
}
