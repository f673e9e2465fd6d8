package secretref

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Credentials are known by their own form, or by the name that holds them.
// Both lists are short on purpose: the secret engine has the long one, and a
// false alarm here costs more than a second look there.

// forms are credentials that show what they are.
var forms = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----` +
	`|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b` +
	`|\bgh[pousr]_[0-9A-Za-z]{36}\b|\bgithub_pat_[0-9A-Za-z_]{60,}` +
	`|\bglpat-[0-9A-Za-z_-]{20}\b` +
	`|\bxox[abprs]-[0-9A-Za-z-]{10,}` +
	`|\bsk_live_[0-9A-Za-z]{20,}` +
	`|\bAIza[0-9A-Za-z_-]{35}\b` +
	`|\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}`)

// urlLogin finds the password of a URL's login.
var urlLogin = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@"']*:([^\s/@"']+)@`)

// holdsCredential reports whether the text holds a credential that can be
// told by its form: a private key, a token of a known service, a URL with a
// password.
func holdsCredential(text string) bool {
	if forms.MatchString(text) {
		return true
	}
	for _, m := range urlLogin.FindAllStringSubmatch(text, 8) {
		if !placeholder(m[1]) {
			return true
		}
	}
	return false
}

// namedCredential reports whether the name says credential and the value is a
// literal that can be one.
func namedCredential(name, value string) bool {
	return credentialName(name) && !placeholder(value) && !reference(value)
}

// Words that make a name a credential's, alone or as the second after a first.
var (
	credentialWords = []string{"password", "passwd", "pwd", "passphrase", "secret", "secrets", "token", "apikey", "credential", "credentials", "privatekey", "accesskey", "secretkey"}
	keyWords        = []string{"api", "access", "private", "secret", "encryption", "signing", "auth", "account", "master", "license"}
	// otherWords end a name that is about a credential but does not hold it.
	otherWords = []string{"name", "names", "namespace", "file", "filename", "files", "path", "dir", "directory", "url", "uri", "host", "port", "endpoint",
		"id", "ids", "ttl", "timeout", "expiry", "expiration", "duration", "interval", "period", "lifetime", "enabled", "enable", "disabled", "required",
		"length", "size", "min", "max", "count", "limit", "policy", "type", "kind", "algorithm", "method", "format", "mode", "ref", "reference",
		"prefix", "suffix", "header", "user", "username", "issuer", "audience", "scope", "scopes", "provider", "store", "manager", "engine", "backend",
		"rotation", "refresh", "version", "class", "field", "regex", "pattern", "label", "env", "role", "public", "mount", "source", "location"}
)

// credentialName reports whether a key or variable is named like a credential.
func credentialName(name string) bool {
	words := splitWords(name)
	if len(words) == 0 || slices.Contains(otherWords, words[len(words)-1]) {
		return false
	}
	for i, w := range words {
		if slices.Contains(credentialWords, w) || strings.HasSuffix(w, "password") {
			return true
		}
		if w == "key" && i > 0 && slices.Contains(keyWords, words[i-1]) && (i < 2 || words[i-2] != "public") {
			return true
		}
	}
	return false
}

// splitWords cuts DB_PASSWORD, db-password and dbPassword alike.
func splitWords(name string) []string {
	var out []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			out = append(out, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	lower := false
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			lower = false
			continue
		}
		if unicode.IsUpper(r) && lower {
			flush()
		}
		lower = !unicode.IsUpper(r)
		word = append(word, r)
	}
	flush()
	return out
}

var (
	markers = regexp.MustCompile(`\$\{|\$\(|\{\{|<[^<>]+>|%\(|^\$[A-Za-z_]|^[*x.•]{3,}$|^ENC\[|@@`)
	words   = regexp.MustCompile(`(?i)^(?:change[-_ ]?(?:me|it|this).*|replace[-_ ]?.*|your[-_ ]?.*|my[-_]your.*|insert[-_ ].*|enter[-_ ].*|to[-_]?do|fixme|placeholder|redacted|dummy|example|sample|none|null|nil|undefined|true|false|yes|no|on|off|enabled|disabled|required|optional|default)$`)
)

// placeholder reports whether the value stands for one that is put in later,
// or is too plain to be a credential: a number, a boolean.
func placeholder(value string) bool {
	value = strings.TrimSpace(value)
	if value == "" || markers.MatchString(value) || words.MatchString(value) {
		return true
	}
	_, err := strconv.ParseFloat(value, 64)
	return err == nil
}

var referenceForm = regexp.MustCompile(`^(?:~|\.{1,2})?/|^[A-Za-z]:\\|^(?:vault|secret|secretref|ref\+[a-z]+|op|file|env|aws-sm|awssm|gcp-sm|gsm|azkv|sops|bao|arn|keyvault)[:+]`)

// reference reports whether the value says where a credential is: a path, a
// URL without a login, an address in a secret store.
func reference(value string) bool {
	value = strings.TrimSpace(value)
	if referenceForm.MatchString(value) {
		return true
	}
	u, err := url.Parse(value)
	return err == nil && u.Scheme != "" && u.Host != ""
}
