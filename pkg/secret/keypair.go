package secret

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

var (
	pemBlock = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]{1,40}-----[\s\S]*?-----END [A-Z0-9 ]{1,40}-----`)
	// pemCoded is a PEM block in base64, by the form of "-----BEGIN ".
	pemCoded = regexp.MustCompile(`LS0tLS1CRUdJTi[A-Za-z0-9+/]{20,}={0,2}`)
)

// ofKey says more about a private key: one that is encrypted is worth less, and
// one whose certificate stands in the same text is in use for a known name.
func ofKey(text string, l leak) (result.Severity, string) {
	v := string(l.value)
	if strings.Contains(v, "ENCRYPTED") {
		return result.High, "; it is encrypted with a passphrase"
	}
	key := parseKey(v)
	if key == nil {
		return severityOf(l.rule), ""
	}
	texts := []string{text}
	for _, m := range pemCoded.FindAllString(text, 50) {
		if plain, err := base64.StdEncoding.DecodeString(m); err == nil {
			texts = append(texts, string(plain))
		}
	}
	for _, t := range texts {
		for _, b := range pemBlock.FindAllString(t, 50) {
			block := decodePEM(b)
			if block == nil || block.Type != "CERTIFICATE" {
				continue
			}
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				continue
			}
			if pub, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); ok && pub.Equal(key.Public()) {
				name := cert.Subject.CommonName
				if len(cert.DNSNames) > 0 {
					name = cert.DNSNames[0]
				}
				return result.Critical, fmt.Sprintf("; it belongs to the certificate for %q beside it", name)
			}
		}
	}
	return severityOf(l.rule), ""
}

// decodePEM reads a block whose lines may be indented, or written as "\n".
func decodePEM(s string) *pem.Block {
	lines := strings.Split(strings.ReplaceAll(s, `\n`, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	b, _ := pem.Decode([]byte(strings.Join(lines, "\n")))
	return b
}

func parseKey(s string) crypto.Signer {
	b := decodePEM(s)
	if b == nil {
		return nil
	}
	if k, err := x509.ParsePKCS1PrivateKey(b.Bytes); err == nil {
		return k
	}
	if k, err := x509.ParseECPrivateKey(b.Bytes); err == nil {
		return k
	}
	if k, err := x509.ParsePKCS8PrivateKey(b.Bytes); err == nil {
		if s, ok := k.(crypto.Signer); ok {
			return s
		}
	}
	return nil
}
