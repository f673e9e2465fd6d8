package secret

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// pair makes a key and a certificate of it.
func pair(t *testing.T, host string) (key, cert string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, DNSNames: []string{host}, NotAfter: time.Unix(4e9, 0)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	kd, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE" + " KEY", Bytes: kd})), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestKeyBesideItsCertificate(t *testing.T) {
	key, cert := pair(t, "shop.example.com")
	_, other := pair(t, "other.example.com")
	indented := func(s string) string { return "|\n    " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n    ") }
	locked := strings.ReplaceAll(key, "EC PRIVATE", "ENCRYPTED PRIVATE")
	for name, c := range map[string]struct {
		text, says string
		severity   result.Severity
	}{
		"both encoded": {"kind: Secret\ndata:\n  tls.crt: " + b64(cert) + "\n  tls.key: " + b64(key) + "\n", `certificate for "shop.example.com"`, result.Critical},
		"both plain":   {"tls:\n  crt: " + indented(cert) + "\n  key: " + indented(key) + "\n", `certificate for "shop.example.com"`, result.Critical},
		"another's":    {"tls:\n  crt: " + indented(other) + "\n  key: " + indented(key) + "\n", "private key", result.Critical},
		"encrypted":    {"key: " + indented(locked) + "\n", "encrypted with a passphrase", result.High},
	} {
		got := analyze(t, Options{Repo: repo(t, map[string]string{"a.yaml": c.text})}, []string{"a.yaml"})
		if len(got) != 1 || !strings.Contains(strings.ToLower(got[0].Message), c.says) || got[0].Severity != c.severity {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		if name == "another's" && strings.Contains(got[0].Message, "certificate") {
			t.Errorf("%s: %s", name, got[0].Message)
		}
	}
}
