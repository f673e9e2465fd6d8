package secretref

import (
	"math/big"
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// ConfigMapPersonalData reports data about people in ConfigMaps.
var ConfigMapPersonalData = &rule.Rule{
	Meta: rule.Meta{
		ID: "config-map-personal-data", Severity: result.Info, Off: true, Since: "0.1",
		Title: "ConfigMap holds personal data",
		Why: `Everyone who may look at the namespace or the repository reads it, and nobody
deletes it there when a person asks. A contact's address is often meant, hence
off.`,
		Fix: "keep the data in a database or a Secret, or use an address of the team",
		Refs: []string{
			"https://cwe.mitre.org/data/definitions/359.html",
		},
	},
	On: rule.Kinds("", "ConfigMap"),
	Object: func(p *rule.Pass, o *manifest.Object) {
		for key, at := range o.At("data").Entries() {
			if what := personal(at.Str()); what != "" {
				p.Report(at, "key %q of %s holds %s: everyone who may look at the namespace reads it", key, o, what)
			}
		}
	},
}

var (
	email = regexp.MustCompile(`(?i)\b[a-z0-9._%+-]+@((?:[a-z0-9-]+\.)+[a-z]{2,})\b`)
	iban  = regexp.MustCompile(`\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b`)
	phone = regexp.MustCompile(`(?:^|[\s"'=:(])\+[1-9]\d{0,2}[ .-]?(?:\(?\d{1,4}\)?[ .-]?){2,5}\d{2,4}\b`)
)

// personal names the first kind of personal data in the text, "" for none.
func personal(text string) string {
	for _, m := range email.FindAllStringSubmatch(text, 50) {
		if d := strings.ToLower(m[1]); !strings.HasPrefix(d, "example.") && !strings.HasSuffix(d, ".local") && !strings.HasSuffix(d, ".iam.gserviceaccount.com") {
			return "an e-mail address"
		}
	}
	for _, m := range iban.FindAllString(text, 50) {
		if validIBAN(strings.ReplaceAll(m, " ", "")) {
			return "an account number (IBAN)"
		}
	}
	if phone.MatchString(text) {
		return "a telephone number"
	}
	return ""
}

// validIBAN checks the remainder that ISO 13616 wants.
func validIBAN(s string) bool {
	var digits strings.Builder
	for _, r := range s[4:] + s[:4] {
		if r >= 'A' {
			digits.WriteString(big.NewInt(int64(r-'A') + 10).String())
		} else {
			digits.WriteRune(r)
		}
	}
	n, ok := new(big.Int).SetString(digits.String(), 10)
	return ok && n.Mod(n, big.NewInt(97)).Int64() == 1
}
