package secret

import (
	"encoding/base64"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A name that speaks about a credential and a literal beside it are a leak if
// the name is one's that holds it and the literal can be one. Both tests are
// strict: a chart has a hundred such names for each password.

var (
	// camel marks where a word of a name starts.
	camel = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	// aboutOnly ends the name of a setting that is about a credential and does
	// not hold it.
	aboutOnly = regexp.MustCompile(`(?:^|_)(?:names?|namespace|file|filename|files|path|paths|dir|directory|url|uri|host|port|endpoint|ids?|ttl|timeout|expiry|expires|expiration|duration|interval|period|lifetime|age|enabled?|disabled?|required|optional|length|len|size|min|max|count|limits?|policy|rules?|type|kind|algorithm|alg|method|format|mode|ref|refs|reference|prefix|suffix|header|users?|username|issuer|audience|scopes?|provider|store|manager|engine|backend|rotation|refresh|version|class|field|regex|pattern|labels?|annotations?|env|var|role|public|pub|mount|source|location|server|service|account|description|title|template|key_?(?:name|ref|path|file)|property|attribute|param|parameter|claim|fingerprint|hash|hashed|digest|checksum|sha\d*|md5|thumbprint|arn|keys?_?id|kid|selector|generator|plugin|driver|image|repository|tag|data|items|status|strategy|handler|validator|verification|review|exchange)$`)
	// keyInSecret ends the name of a setting that says under which key of a
	// Secret the credential is: passwordKey, secretKey beside a secretName.
	keyInSecret = regexp.MustCompile(`(?:passw(?:or)?d|passphrase|secret|token|credentials?)_key$`)
	passwordish = regexp.MustCompile(`passw(?:or)?d|passphrase|pwd|(?:^|_)pass$`)

	// words are names of things rather than random values.
	label  = regexp.MustCompile(`^[A-Za-z]+\d{0,2}(?:[-_./: ][A-Za-z]*\d{0,2})*$`)
	dotted = regexp.MustCompile(`^[\w-]+(?:\.[\w-]+)+$`)
	number = regexp.MustCompile(`^[-+]?[\d.,:_]+(?:[a-zA-Z]{1,3})?$`)
	pathy  = regexp.MustCompile(`^(?:~|\.{0,2})/[\w.{}$-]|^[A-Za-z]:\\|^[a-z][a-z0-9+.-]*://|^(?:vault|secret|secretref|ref\+[a-z0-9]+|op|file|env|aws-sm|gcp-sm|gsm|azkv|sops|bao|arn|keyvault|projects|kv)[:/+]`)
	// hashed is what a password is compared with.
	hashed = regexp.MustCompile(`^[\w.-]*:?(?:\$(?:2[abxy]|apr1|1|5|6|argon2\w*|pbkdf2[\w-]*|scrypt)\$|\{S?SHA\d*\}|pbkdf2_sha)`)
	// property is a path of names in a program or template.
	property = regexp.MustCompile(`^\.?[A-Za-z_$]\w*(?:\.[A-Za-z_]\w*)+$|^\.[A-Za-z_]\w*$`)
	code     = regexp.MustCompile(`^[\[({*&!|>%@$]|[\[({]|->|::|\b(?:os|process|System|ENV|env|self|this|config|settings|params|var|data|local|module|args?|opts?|options|request|req|ctx|props|state)\.[A-Za-z_]|==|\\[nrt"]$`)
)

// credible is the check of namedCredential.
func credible(match, v string) bool {
	i := strings.LastIndex(match, v)
	if i < 0 {
		return false
	}
	name := strings.TrimRight(match[:i], " \t\r\n\"'`:=>|-+,")
	if n, ok := strings.CutSuffix(name, "value"); ok { // an entry of env
		name = strings.TrimRight(n, " \t\r\n\"',")
	}
	at := len(name)
	for at > 0 && isKeyByte(name[at-1]) && name[at-1] != '/' {
		at--
	}
	name = strings.ToLower(camel.ReplaceAllString(name[at:], "${1}_$2"))
	name = strings.NewReplacer("-", "_", ".", "_").Replace(name)
	if aboutOnly.MatchString(name) {
		return false
	}
	plain := v
	if b, err := base64.StdEncoding.DecodeString(v); err == nil && len(b) >= 4 && printable(b) {
		plain = string(b)
	}
	if passwordish.MatchString(name) {
		return !keyInSecret.MatchString(name) && passwordLike(plain)
	}
	return randomLike(plain)
}

// passwordLike reports whether v can be a password: of more than one class of
// characters, and not a word, name, path, number or piece of code.
func passwordLike(v string) bool {
	if len(v) < 6 || aside(v) || label.MatchString(v) && !letterDigit(v) {
		return false
	}
	lower, upper, digit, symbol := classes(v)
	n := 0
	for _, c := range [...]int{lower, upper, digit, symbol} {
		if c > 0 {
			n++
		}
	}
	return n >= 2
}

// letterDigit reports whether a value of one word mixes letters and digits.
func letterDigit(v string) bool {
	_, _, digit, symbol := classes(v)
	return digit > 0 && symbol == 0
}

// randomLike reports whether v can be a token or key: it looks made by chance.
func randomLike(v string) bool {
	if len(v) < 8 || aside(v) || strings.ContainsAny(v, " \t") || dotted.MatchString(v) && len(v) < 40 {
		return false
	}
	lower, upper, digit, symbol := classes(v)
	if label.MatchString(v) {
		// Words. Letters of both cases in no order are none.
		return len(v) >= 20 && symbol == 0 && upper > 3 && lower > 3 && entropy(v) > 3.8
	}
	return digit >= 2 && lower+upper >= 2 && entropy(v) > 2.7
}

// aside reports values that are something else, whatever their name.
func aside(v string) bool {
	return placeholder.MatchString(v) || reference.MatchString(v) || pathy.MatchString(v) || hashed.MatchString(v) || number.MatchString(v) || property.MatchString(v) && len(v) < 40 || code.MatchString(v) ||
		strings.Contains(v, "-----BEGIN")
}

func classes(v string) (lower, upper, digit, symbol int) {
	for i := range len(v) {
		switch c := v[i]; {
		case 'a' <= c && c <= 'z':
			lower++
		case 'A' <= c && c <= 'Z':
			upper++
		case '0' <= c && c <= '9':
			digit++
		default:
			symbol++
		}
	}
	return lower, upper, digit, symbol
}

// settings are the kinds of file in which a bare word behind a name is its
// value. Elsewhere, in programs and in prose, it is a variable or a word.
var settings = []string{".yaml", ".yml", ".json", ".env", ".ini", ".properties", ".conf", ".cfg", ".config", ".cnf", ".toml", ".tpl", ".sh", ".bash", ".envrc", ".tfvars", ".xml", ".netrc", ".service", ".list", ".repo"}

// bareWords reports whether a value without quotes counts in that file; the
// texts of objects have no path.
func bareWords(p string) bool {
	base := strings.ToLower(path.Base(p))
	return p == "" || path.Ext(base) == "" && base != "jenkinsfile" && base != "makefile" || slices.Contains(settings, path.Ext(base)) || strings.HasPrefix(base, ".env") || strings.HasPrefix(base, "dockerfile")
}
