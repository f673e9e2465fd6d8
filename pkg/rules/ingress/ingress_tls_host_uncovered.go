package ingress

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
)

// IngressTLSHostUncovered reports TLS entries that fit no rule, or whose
// certificate is for other names.
var IngressTLSHostUncovered = &rule.Rule{
	Meta: rule.Meta{
		ID: "ingress-tls-host-uncovered", Severity: result.Medium, Since: "0.1",
		Title: "TLS entry does not fit the hosts",
		Why: `A TLS host that no rule serves is mostly a misspelt one, and the host that was
meant answers with the controller's own certificate, or in clear. A certificate
for other names makes every client refuse or, worse, learn to ignore the
warning. Hosts of rules that no entry covers are ingress-without-tls.`,
		Fix: "write the same hosts in spec.tls and spec.rules, and a certificate for them in the Secret",
		Refs: []string{
			"https://kubernetes.io/docs/concepts/services-networking/ingress/#tls",
		},
	},
	Universe: func(p *rule.Pass) {
		for _, o := range p.Index.Objects {
			if !ingresses(o) {
				continue
			}
			for entry := range o.At("spec", "tls").Items() {
				names, secret := certificateNames(p, o, entry)
				for h := range entry.At("hosts").Items() {
					if !served(o, h.Str()) {
						p.Report(h, "%s has TLS for host %q, which none of its rules serves: the host that was meant has no certificate", o, h.Str())
					}
					if secret != nil && !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, h.Str()) || hostCovers(n, h.Str()) }) {
						p.Add(rule.Problem{
							At:      h,
							Message: fmt.Sprintf("%s serves host %q with secret %q, whose certificate is for %s: clients refuse it", o, h.Str(), secret.Key.Name, strings.Join(names, ", ")),
							Related: []result.Related{rule.See(secret.At("metadata", "name"), "the certificate's Secret")},
						})
					}
				}
			}
		}
	},
}

// served reports whether a rule answers for a host of a TLS entry, which may
// have a wildcard.
func served(o *manifest.Object, host string) bool {
	if o.At("spec", "rules").Len() == 0 {
		return true // the default backend serves all
	}
	for r := range o.At("spec", "rules").Items() {
		h := r.At("host").Str()
		if anyName(h) || hostCovers(host, h) || hostCovers(h, host) {
			return true
		}
	}
	return false
}

// certificateNames are the names of the certificate in the entry's rendered
// Secret; no Secret if there is none that can be read, or it has no names.
func certificateNames(p *rule.Pass, o *manifest.Object, entry manifest.Place) (names []string, secret *manifest.Object) {
	s := p.Index.Get("", "Secret", p.Index.Namespace(o), entry.At("secretName").Str())
	if s == nil {
		return nil, nil
	}
	text := []byte(s.At("stringData", "tls.crt").Str())
	if len(text) == 0 {
		decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s.At("data", "tls.crt").Str()), ""))
		if err != nil {
			return nil, nil
		}
		text = decoded
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, nil
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil
	}
	names = cert.DNSNames
	if len(names) == 0 && cert.Subject.CommonName != "" {
		names = []string{cert.Subject.CommonName}
	}
	if len(names) == 0 {
		return nil, nil
	}
	return names, s
}
