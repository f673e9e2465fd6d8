package secret

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// reference matches values that stand for a secret kept elsewhere, or for
// none: template actions, variables, encrypted values, UUIDs.
var reference = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`.*\{\{.*`,        // Go templates, Jinja, Vault injector
	`.*\$\{[^}]*\}.*`, // shell, envsubst, Flux
	`.*\$\([^)]*\).*`, // Kubernetes, make
	`\$[A-Za-z_]\w*`,
	`ENC\[.*`, // SOPS
	`<[^>]*>`,
	`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`,
}, "|") + `)$`)

// placeholder matches values that ask to be replaced. Only rules that judge by
// the surroundings heed it.
var placeholder = regexp.MustCompile(`(?i)change[-_ ]?(?:me|it|this)|replace[-_ ]?(?:me|with|this)|example|placeholder|dummy|redacted|your[-_ ]|^(?:my)?[-_]?(?:pass(?:word|wd)?|pwd|secret|token|user(?:name)?|admin|root|test|none|null|true|false)\d{0,3}$|^(.)x*$|xxx+|\*\*\*`)

// digestKey matches a line up to its value where that is a checksum of
// something, a secret perhaps: checksum/secret, sha256, integrity.
var digestKey = regexp.MustCompile(`(?i)(?:checksum|digest|integrity|\bsha-?(?:1|256|512)\b|fingerprint)[^\s:=]*["']?\s*[:=]\s*["']?$`)

// harmless reports matches that are no leak.
func (a *Analyzer) harmless(text string, l leak) bool {
	v := string(l.value)
	if a.opts.Ignore(v) || reference.MatchString(v) || encrypted(text, l.start) {
		return true
	}
	if rank(l.rule) == specific {
		return false
	}
	if digestKey.MatchString(text[strings.LastIndexByte(text[:l.start], '\n')+1 : l.start]) {
		return true
	}
	if plain, err := base64.StdEncoding.DecodeString(v); err == nil && printable(plain) {
		v = string(plain)
	}
	return placeholder.MatchString(v) || reference.MatchString(v)
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
