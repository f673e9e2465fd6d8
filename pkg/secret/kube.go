package secret

import (
	"maps"
	"regexp"

	"github.com/zricethezav/gitleaks/v8/config"
)

// kubernetes adds to gitleaks' rules those that it lacks for what clusters are
// made of.
func kubernetes(cfg config.Config) config.Config {
	cfg.Rules = maps.Clone(cfg.Rules)
	for _, r := range [...]config.Rule{
		{
			RuleID: connectionString, Description: "Found a connection string with a password",
			Regex:    regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s:/?#@'"{}$<>]{0,64}:([^\s:/?#@'"{}$<>]{4,128})@[\w.-]+`),
			Keywords: []string{"://"},
		}, {
			RuleID: "docker-registry-auth", Description: "Found the login of a container registry in a Docker configuration",
			Regex:    regexp.MustCompile(`"auth"\s{0,5}:\s{0,5}"([A-Za-z0-9+/]{12,400}={0,2})"`),
			Keywords: []string{`"auth"`}, Entropy: 3,
		}, {
			RuleID: "kubeconfig-client-key", Description: "Found the private key of a kubeconfig user",
			Regex:    regexp.MustCompile(`client-key-data:[ \t]{1,5}["']?([A-Za-z0-9+/]{64,}={0,2})`),
			Keywords: []string{"client-key-data"}, Entropy: 3,
		}, {
			RuleID: "kubernetes-bootstrap-token", Description: "Found a token with which nodes join a cluster",
			Regex:    regexp.MustCompile(`(?i)\btoken["']?[:= \t]{1,4}["']?((?-i:[a-z0-9]{6}\.[a-z0-9]{16}))\b`),
			Keywords: []string{"token"}, Entropy: 3,
		},
	} {
		if _, ok := cfg.Rules[r.RuleID]; !ok {
			cfg.Rules[r.RuleID] = r
		}
	}
	return cfg
}

const connectionString = "connection-string-password"

// ownRule tells these rules: they go by what stands around the value, and are
// sure of it all the same.
func ownRule(rule string) bool {
	switch rule {
	case connectionString, "docker-registry-auth", "kubeconfig-client-key", "kubernetes-bootstrap-token":
		return true
	}
	return false
}
