package secret

import (
	"path"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// How sure a rule is of what it found, surest first.
const (
	specific = iota // the value's own shape says whose it is
	shaped          // the shape of the file or object around it says so
	generic         // a telling name beside a value that looks random
)

// rank orders rules where two claim one place.
func rank(rule string) int {
	switch rule {
	case "generic-api-key":
		return generic
	case kubeSecret, "curl-auth-header", "curl-auth-user", "nuget-config-password":
		return shaped
	}
	if o := ownRule(rule); o != nil {
		return o.rank
	}
	return specific
}

// ruleID is the id that people see.
func ruleID(rule string) string { return "secret-" + rule }

// critical are the rules whose find alone opens an account, a cluster or a
// signing identity.
var critical = [...]string{
	"private-key", "age-secret-key", "pkcs12-file",
	"aws-", "gcp-", "azure-ad-", "alibaba-secret-key", "digitalocean-", "yandex-aws-", "flyio-", "heroku-",
	"github-", "gitlab-", "vault-", "hashicorp-tf-api-token", "openshift-user-token", "1password-", "doppler-", "pulumi-", "infracost-",
	"stripe-access-token", "npm-access-token", "pypi-upload-token", "rubygems-api-token",
}

// severityOf goes by what the leak opens.
func severityOf(rule string) result.Severity {
	if o := ownRule(rule); o != nil {
		return o.severity
	}
	if rank(rule) != specific {
		return result.Medium
	}
	for _, p := range critical {
		if strings.HasPrefix(rule, p) {
			return result.Critical
		}
	}
	return result.High
}

// upper are words of rule ids that people write in capitals.
const upper = " api aws gcp pat oauth jwt url tf ad ca id npm pypi cicd ci scim ssh pkcs12 yaml tls k8s "

// titleOf is a rule's name for people: "AWS access token".
func titleOf(rule string) string {
	words := strings.Split(rule, "-")
	for i, w := range words {
		switch {
		case w == "github":
			words[i] = "GitHub"
		case w == "gitlab":
			words[i] = "GitLab"
		case strings.Contains(upper, " "+w+" "):
			words[i] = strings.ToUpper(w)
		case i == 0:
			words[i] = strings.ToUpper(w[:min(1, len(w))]) + w[min(1, len(w)):]
		}
	}
	return strings.Join(words, " ")
}

const (
	why = "What was committed stays in the history and in every clone, cache and package made from it: whoever can read any of them can use the credential until it is revoked."
	fix = "Revoke the credential at its issuer first: removing the line does not undo the leak. Then keep the new one in a secret manager and refer to it."
)

// fixFor says the same in the terms of the file.
func fixFor(file string) string {
	base := path.Base(file)
	switch ext := path.Ext(base); {
	case base == "kustomization.yaml" || base == "kustomization.yml" || base == "Kustomization":
		return fix + " In a kustomization, generate the Secret from a file that git does not hold or that SOPS encrypts, or use an ExternalSecret."
	case strings.HasPrefix(base, "values") && (ext == ".yaml" || ext == ".yml"):
		return fix + " In a chart, leave the value empty, take the name of an existing Secret (existingSecret) and let an ExternalSecret or SOPS-encrypted values fill it."
	case strings.Contains("/"+file, "/templates/"):
		return fix + " In a template, read it with secretKeyRef from a Secret that an external store fills, or from a values key that has no default."
	case ext == ".yaml" || ext == ".yml" || ext == ".json":
		return fix + " In a manifest, use secretKeyRef with an ExternalSecret or a SealedSecret, or encrypt the file with SOPS."
	}
	return fix + " In a script or configuration file, read it from the environment."
}

// describe lists what the engine can report.
func (e *engine) describe() []result.Rule {
	out := make([]result.Rule, 0, len(e.cfg.Rules))
	for id, r := range e.cfg.Rules {
		title := titleOf(id)
		var peers map[string][]string
		if ownRule(id) == nil {
			peers = map[string][]string{"gitleaks": {id}}
		}
		out = append(out, result.Rule{
			ID: ruleID(id), Family: "secret", Title: title, Severity: severityOf(id), Since: "0.1",
			Why: strings.TrimSuffix(r.Description, ".") + ". " + why, Fix: fix,
			Refs:      []string{"https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"},
			Standards: []string{"CWE-798"},
			Peers:     peers,
		})
	}
	return out
}
