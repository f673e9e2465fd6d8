package secret

import (
	"encoding/base64"
	"path"
	"regexp"
	"strings"
)

// reference matches values that stand for a secret kept elsewhere, or for
// none: template actions, variables, encrypted values, UUIDs.
var reference = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`(?s:.*\{\{.*)`,   // Go templates, Jinja, Vault injector
	`.*\$\{[^}]*\}.*`, // shell, envsubst, Flux
	`.*\$\([^)]*\).*`, // Kubernetes, make
	`\$+[A-Za-z_]\w*`,
	`%\(?[A-Za-z_]\w*\)?[%s]`,
	`@@?[A-Za-z_][\w.]*@@?`,
	`ENC\[.*`, // SOPS
	`.*«.*`,
	`<[^>]*>?`,
	`\[[^\]]*\]`,
	`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`,
}, "|") + `)$`)

// placeholder matches values that ask to be replaced. Only rules that judge by
// the surroundings heed it.
var placeholder = regexp.MustCompile(`(?i)change[-_ ]?(?:me|it|this|in)|replace|example|placeholder|dummy|redacted|(?:^|[^a-z])(?:your|insert|enter|sample|fake|todo|fixme|some|elided|foo|bar|foobar|lorem)(?:[^a-z]|$)|^(?:your|some)[a-z]|^(?:my|the|an?|top|super|very|new|old|this[-_]?is|test|demo|default|db|root|admin|user|app)?[-_ ]?(?:my|a|the)?[-_ ]?(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|key|credentials?|user(?:name)?|admin|root|test|guest|demo|postgres|mysql|none|null|nil|true|false|undefined|default|value|string|text|here)(?:[-_ ]?(?:here|value|goes|string))?[-_]?\d{0,3}$|^(.)x*$|xxx+|base64[-_]?encoded|\*\*\*|\.\.\.|^0?1234|^abc[-_]?123|^qwerty|^(?:a+|b+|0+|1+|\.+)$`)

// sample matches what documentation writes where a token of a provider
// stands. It is strict: a real token must not match by chance.
var sample = regexp.MustCompile(`EXAMPLE|(?i:example|xxxxx|placeholder|changeme|your[-_]?(?:token|key|secret))|0{10}|1{10}|(?:0123456789|1234567890).{0,4}(?:abcdef|0123456789|1234567890)?|abcdefghij|\.\.\.|eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lI|4eC39HqLyjWDarjtT1zdp7dc`)

// digestKey matches a line up to its value where that is a checksum of
// something, a secret perhaps: checksum/secret, sha256, integrity.
var digestKey = regexp.MustCompile(`(?i)(?:checksum|digest|integrity|\bsha-?(?:1|224|256|384|512)|\bmd5|fingerprint|thumbprint|\bhash|\betag|\bcommit|revision|\bgit[-_]?(?:sha|rev)|\brev\b|resource-?version|nonce|\buid)[^\s:=]*["']?\s*[:=]\s*["']?$|sha(?:1|256|384|512)[:-]$`)

// lockFile is a file of the hashes of what a build fetches.
var lockFile = regexp.MustCompile(`(?i)(?:^|[.-])lock(?:\.(?:json|ya?ml|hcl|toml))?$|\.lockb?$|lockfile$|\.sum$|^(?:npm-)?shrinkwrap\.(?:json|ya?ml)$|^checksums?(?:\.|$)|\.(?:sha\d+|md5|asc|sig)$`)

// harmless says why a match is no leak, "" if it is one.
func (a *Analyzer) harmless(path, text string, l leak) string {
	v := string(l.value)
	switch {
	case a.opts.Ignore(v):
		return "kustoms made it up while rendering"
	case encrypted(text, l.start):
		return "it is encrypted"
	case reference.MatchString(v):
		return "it refers to a value that is kept elsewhere"
	}
	if rank(l.rule) == specific {
		if l.rule != privateKey && sample.MatchString(v) {
			return "it is a sample, as documentation shows it"
		}
		return ""
	}
	return harmlessGeneric(path, text, l)
}

// harmlessGeneric is harmless of rules that judge by the surroundings.
func harmlessGeneric(p, text string, l leak) string {
	v := string(l.value)
	line := text[strings.LastIndexByte(text[:l.start], '\n')+1 : l.start]
	switch {
	case digestKey.MatchString(line):
		return "it is a checksum"
	case strings.Contains(line[strings.LastIndexAny(line, " \t")+1:], "arn:"):
		return "it names a resource"
	case lockFile.MatchString(path.Base(p)):
		return "it is the hash of a dependency"
	}
	if l.rule == kubeSecret { // its match is "key: value"
		key, val, _ := strings.Cut(v, ":")
		v = strings.Trim(val, " \t\r\n|>+-\"'")
		if name := strings.ToLower(camel.ReplaceAllString(key, "${1}_$2")); aboutOnly.MatchString(strings.NewReplacer("-", "_", ".", "_").Replace(name)) {
			return "its key names no credential"
		}
	}
	written := v // nobody encodes a name
	if plain, err := base64.StdEncoding.DecodeString(v); err == nil && printable(plain) {
		v = string(plain)
	}
	v = strings.TrimSpace(v)
	if l.rule == "docker-registry-auth" || l.rule == "authorization-header" || l.rule == "curl-auth-user" {
		if _, password, ok := strings.Cut(v, ":"); ok {
			v = password
		}
	}
	switch {
	case v == "" || reference.MatchString(v) || strings.Contains(v, "{{"):
		return "it refers to a value that is kept elsewhere"
	case placeholder.MatchString(v):
		return "it is a placeholder"
	case strings.Contains(v, "-----BEGIN CERTIFICATE") && !strings.Contains(v, "PRIVATE KEY"), strings.Contains(v, "-----BEGIN PUBLIC KEY"):
		return "it is a certificate or public key"
	}
	if rank(l.rule) != generic {
		return ""
	}
	quoted := l.encoded || l.start > 0 && strings.IndexByte("\"'`", text[l.start-1]) >= 0
	switch {
	case l.rule == namedCredential && !quoted && strings.LastIndex(line, "{{") > strings.LastIndex(line, "}}"):
		return "it is a template's code"
	case l.rule == namedCredential && !quoted && !bareWords(p):
		return "it is a word or a variable, not a value"
	case l.rule == "generic-api-key" && (pathy.MatchString(v) || label.MatchString(written) && entropy(written) < 4 || dotted.MatchString(written) && !letterDigitDots(written)):
		return "it is a name, not a value"
	}
	return ""
}

// letterDigitDots tells a dotted token from a host, a version or a property.
func letterDigitDots(v string) bool {
	_, upper, digit, _ := classes(v)
	return len(v) >= 20 && (upper > 2 && digit > 2 || digit > 8)
}

// encrypted reports whether the text at off is what SOPS or Sealed Secrets
// wrote: a value on a line with ENC[, SOPS's own block, or encryptedData.
func encrypted(text string, off int) bool {
	off = min(off, len(text))
	line := text[strings.LastIndexByte(text[:off], '\n')+1 : off]
	if strings.Contains(line, "ENC[") {
		return true
	}
	if !strings.Contains(text, "ENC[") && !strings.Contains(text, "encryptedData:") {
		return false
	}
	key := "." + keyPath(text, off) + "."
	return strings.HasPrefix(key, ".sops.") || strings.Contains(key, ".encryptedData.")
}
