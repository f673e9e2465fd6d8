package leakset

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"

	"strconv"
	"strings"
)

// maker makes values up, the same for the same seed.
type maker struct {
	seed string
	n    int
	err  error
	// values are the secrets made since it was emptied.
	values []string
}

const (
	digits = "0123456789"
	small  = "abcdefghijklmnopqrstuvwxyz"
	large  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// expand replaces each «...», the innermost first.
func (m *maker) expand(s string) string {
	for {
		end := strings.Index(s, "»")
		if end < 0 {
			return s
		}
		start := strings.LastIndex(s[:end], "«")
		if start < 0 {
			m.err = fmt.Errorf("» without «")
			return s
		}
		what := s[start+len("«") : end]
		what, public := strings.CutPrefix(what, "~")
		made := m.make(what)
		if kind, _, _ := strings.Cut(what, ":"); kind != "cert" && kind != "uuid" && !public && !strings.Contains(what, "(") {
			m.values = append(m.values, made)
		}
		s = s[:start] + made + s[end+len("»"):]
		if m.err != nil {
			return s
		}
	}
}

func (m *maker) make(what string) string {
	m.n++
	sum := sha256.Sum256([]byte(m.seed + strconv.Itoa(m.n)))
	r := rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])))
	bytes := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.UintN(256))
		}
		return b
	}
	pick := func(from string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = from[r.IntN(len(from))]
		}
		return string(b)
	}
	if f, arg, ok := strings.Cut(what, "("); ok {
		arg = strings.TrimSuffix(strings.ReplaceAll(arg, "¶", "\n"), ")")
		switch f {
		case "b64":
			return base64.StdEncoding.EncodeToString([]byte(arg))
		case "esc":
			return strings.ReplaceAll(arg, "\n", `\n`)
		case "pct":
			return percent(arg)
		case "hex":
			return hex.EncodeToString([]byte(arg))
		}
	}
	kind, arg, _ := strings.Cut(what, ":")
	n, _ := strconv.Atoi(arg)
	b64 := base64.StdEncoding.EncodeToString
	segment := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	pem := func(label string, size int) string {
		body := b64(bytes(size))
		var lines []string
		for ; len(body) > 64; body = body[64:] {
			lines = append(lines, body[:64])
		}
		return "-----BEGIN " + label + "-----\n" + strings.Join(append(lines, body), "\n") + "\n-----END " + label + "-----"
	}
	switch kind {
	case "alnum": // as a generator makes them: of each kind at least one
		return pick(small, 1) + pick(large, 1) + pick(digits, 1) + pick(digits+small+large, n-3)
	case "lower":
		return pick(digits, 1) + pick(small, 1) + pick(digits+small, n-2)
	case "b32":
		return pick(large+"234567", n)
	case "bech32":
		return pick("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", n)
	case "hex":
		return pick("0123456789abcdef", n)
	case "digits":
		return pick(digits[1:], n)
	case "b64":
		return b64(bytes(n))
	case "url64":
		return base64.RawURLEncoding.EncodeToString(bytes(n))
	case "uuid":
		h := hex.EncodeToString(bytes(16))
		return strings.Join([]string{h[:8], h[8:12], "4" + h[13:16], "a" + h[17:20], h[20:]}, "-")
	case "pw":
		word := func() string {
			words := [...]string{"canyon", "trout", "violet", "harbor", "copper", "meadow", "falcon", "winter", "saddle", "bishop", "tulip", "ranger"}
			return words[r.IntN(len(words))]
		}
		title := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
		switch r.IntN(5) {
		case 0:
			return title(word()) + pick("!%*+_-", 1) + pick(digits[1:], 2) + word()
		case 1:
			return word() + pick(digits[1:], 4)
		case 2:
			return title(word()) + title(word()) + pick(digits[1:], 2) + "!"
		case 3:
			return pick(small, 3) + pick(digits[1:], 2) + pick(large, 3) + pick("!%*+", 1) + pick(small, 2)
		}
		return word() + "-" + word() + "-" + pick(digits[1:], 3)
	case "jwt":
		return segment(`{"alg":"HS256","typ":"JWT"}`) + "." + segment(`{"sub":"`+pick(digits[1:], 8)+`","role":"service"}`) + "." + base64.RawURLEncoding.EncodeToString(bytes(32))
	case "docjwt": // jwt.io's
		return segment(`{"alg":"HS256","typ":"JWT"}`) + "." + segment(`{"sub":"1234567890","name":"John Doe","iat":1516239022}`) + "." + base64.RawURLEncoding.EncodeToString(bytes(32))
	case "sajwt":
		return segment(`{"alg":"RS256","kid":"`+pick(small+large, 20)+`"}`) + "." +
			segment(`{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"ci","sub":"system:serviceaccount:ci:bot"}`) + "." +
			base64.RawURLEncoding.EncodeToString(bytes(256))
	case "pem":
		return pem("RSA PRIVATE"+" KEY", 600)
	case "ecpem":
		return pem("EC PRIVATE"+" KEY", 121)
	case "opensshpem":
		return pem("OPENSSH PRIVATE"+" KEY", 300)
	case "cert":
		return pem("CERTIFICATE", 500)
	}
	m.err = fmt.Errorf("no such value: %q", what)
	return ""
}

// percent encodes every byte.
func percent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}
