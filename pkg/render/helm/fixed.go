package helm

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"
)

// Functions whose results differ from run to run give fixed values of the
// right shape and length instead, so that two scans of one commit are equal
// and nobody waits for key generation. None of these values is a secret.

// epoch is what "now" is.
var epoch = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)

const (
	alphaNum    = "kustomsFixedValue0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh"
	alpha       = "kustomsFixedValueABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh"
	numeric     = "0123456789"
	fixedBcrypt = "$2a$10$kustomsFixedValue0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	fixedUUID   = "6b757374-6f6d-4000-8000-666978656421" // "kustom…fixed!"
)

// Synthetic reports whether s is a value that deterministic rendering made up
// in place of a random one.
func Synthetic(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) >= 8 {
		for _, set := range []string{alphaNum, alpha, numeric} {
			if s == cycle(set, len(s)) {
				return true
			}
		}
	}
	return strings.Contains(s, fixedBcrypt) || s == fixedUUID || strings.Contains(s, fixedKeyLine())
}

func cycle(set string, n int) string {
	if n <= 0 {
		return ""
	}
	return strings.Repeat(set, n/len(set)+1)[:n]
}

func fixRandom(f template.FuncMap) {
	random := func(set string) func(int) (string, error) {
		return func(n int) (string, error) {
			if n > maxRepeat {
				return "", fmt.Errorf("random string of %d characters: the limit is %d", n, maxRepeat)
			}
			return cycle(set, n), nil
		}
	}
	for name, fn := range (template.FuncMap{
		"randAlphaNum": random(alphaNum),
		"randAlpha":    random(alpha),
		"randAscii":    random(alphaNum),
		"randNumeric":  random(numeric),
		"randBytes": func(n int) (string, error) {
			s, err := random(alphaNum)(n)
			return base64.StdEncoding.EncodeToString([]byte(s)), err
		},
		"randInt": func(lo, _ int) int { return lo },
		"uuidv4":  func() string { return fixedUUID },
		"shuffle": func(s string) string { return s },
		"now":     func() time.Time { return epoch },
		"ago":     func(any) string { return "0s" },
		"bcrypt":  func(string) string { return fixedBcrypt },
		"htpasswd": func(user, _ string) string {
			if strings.Contains(user, ":") {
				return "invalid username: " + user
			}
			return user + ":" + fixedBcrypt
		},
		"encryptAES":    fixedAES,
		"genPrivateKey": func(string) string { return fixedKeyPEM() },
		"genCA":         func(cn string, days int) (certificate, error) { return issue(cn, nil, nil, days, true, "") },
		"genCAWithKey": func(cn string, days int, key string) (certificate, error) {
			return issue(cn, nil, nil, days, true, key)
		},
		"genSelfSignedCert": func(cn string, ips, dns []any, days int) (certificate, error) {
			return issue(cn, ips, dns, days, false, "")
		},
		"genSelfSignedCertWithKey": func(cn string, ips, dns []any, days int, key string) (certificate, error) {
			return issue(cn, ips, dns, days, false, key)
		},
		"genSignedCert": func(cn string, ips, dns []any, days int, _ certificate) (certificate, error) {
			return issue(cn, ips, dns, days, false, "")
		},
		"genSignedCertWithKey": func(cn string, ips, dns []any, days int, _ certificate, key string) (certificate, error) {
			return issue(cn, ips, dns, days, false, key)
		},
		"buildCustomCert": func(cert, key string) (certificate, error) {
			c, err := base64.StdEncoding.DecodeString(cert)
			if err != nil {
				return certificate{}, errors.New("unable to decode base64 certificate")
			}
			k, err := base64.StdEncoding.DecodeString(key)
			if err != nil {
				return certificate{}, errors.New("unable to decode base64 private key")
			}
			return certificate{Cert: string(c), Key: string(k)}, nil
		},
		// sprig walks maps in Go's random order.
		"keys":   sortedKeys,
		"values": sortedValues,
	}) {
		f[name] = fn
	}
}

func sortedKeys(maps ...map[string]any) []string {
	out := []string{}
	for _, m := range maps {
		at := len(out)
		for k := range m {
			out = append(out, k)
		}
		slices.Sort(out[at:])
	}
	return out
}

func sortedValues(m map[string]any) []any {
	out := []any{}
	for _, k := range sortedKeys(m) {
		out = append(out, m[k])
	}
	return out
}

// fixedAES is AES-CBC as sprig's encryptAES, with a fixed initial vector.
func fixedAES(password, plain string) (string, error) {
	if plain == "" {
		return "", nil
	}
	key := make([]byte, 32)
	copy(key, password)
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	text := []byte(plain + strings.Repeat(string(rune(pad)), pad))
	sum := sha256.Sum256([]byte(alphaNum))
	out := append([]byte{}, sum[:aes.BlockSize]...)
	out = append(out, make([]byte, len(text))...)
	cipher.NewCBCEncrypter(block, sum[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], text)
	return base64.StdEncoding.EncodeToString(out), nil
}

// certificate has the fields of sprig's.
type certificate struct{ Cert, Key string }

// fixedKey is one RSA key for everybody, from two published primes: worthless
// as a secret, right in shape.
var fixedKey = sync.OnceValue(func() *rsa.PrivateKey {
	p, _ := new(big.Int).SetString(fixedP, 16)
	q, _ := new(big.Int).SetString(fixedQ, 16)
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	k := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537},
		D:         new(big.Int).ModInverse(big.NewInt(65537), phi),
		Primes:    []*big.Int{p, q},
	}
	k.Precompute()
	return k
})

var fixedKeyPEM = sync.OnceValue(func() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(fixedKey())}))
})

// fixedKeyLine is the key's first line, by which Synthetic knows it.
func fixedKeyLine() string { return strings.Split(fixedKeyPEM(), "\n")[1] }

func issue(cn string, ips, dns []any, days int, ca bool, key string) (certificate, error) {
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: cn},
		NotBefore: epoch, NotAfter: epoch.AddDate(0, 0, days),
		KeyUsage:              x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true, IsCA: ca,
	}
	if ca {
		t.KeyUsage |= x509.KeyUsageCertSign
	}
	for _, v := range ips {
		s, ok := v.(string)
		ip := net.ParseIP(s)
		if !ok || ip == nil {
			return certificate{}, fmt.Errorf("error parsing ip: %v", v)
		}
		t.IPAddresses = append(t.IPAddresses, ip)
	}
	for _, v := range dns {
		s, ok := v.(string)
		if !ok {
			return certificate{}, fmt.Errorf("error processing alternate dns name: %v", v)
		}
		t.DNSNames = append(t.DNSNames, s)
	}
	// An RSA signature of PKCS #1 v1.5 uses no randomness.
	der, err := x509.CreateCertificate(nil, t, t, &fixedKey().PublicKey, fixedKey())
	if err != nil {
		return certificate{}, fmt.Errorf("error creating certificate: %w", err)
	}
	if key == "" {
		key = fixedKeyPEM()
	}
	return certificate{Cert: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), Key: key}, nil
}

const (
	fixedP = "ca29642074878f908b3518cbd226b486c65aa454ea83cf24e75873c864fa113364f65117ee6db08e8e2f34f8ce89ec1447ab96dad06e57732fa23a8e14a24ed9b225a8684dfc673d742bf00d238eca7076245816bb3a7c416ea89a6870009d3e8e116bfccfa28dad150dbf5f72c55c6bc89b712d13c8009d5f2801e4ed368bfb"
	fixedQ = "f6cd1f01c7ddf13d152371b9ac039b479da9a99e22a9ccacb4f0e27240299bb0a1be670dcc7ea5c4aa21bcb7ba7b3c81d85aa3af8a0edf0d90e04bc18aa730f5c9a1c7f7847b7ffe605b36d9e1624fd294bd0ad54d0fb633f82a1bffbbd4fc81e9ab284ed9881ea5bbd502e5e2763ac5fac92eb39969c8493c03541aac1d1a09"
)
