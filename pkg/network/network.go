// Package network is the one way of the program to other hosts: an
// *http.Client that reaches nothing unless the operator allowed the network,
// and then only hosts that the operator named. A repository names hosts, too,
// in chart dependencies, image references and redirects of servers it points
// at; every request and every redirect is held to the policy, so that none of
// those decides where the program connects.
//
// A host that is named in full may have a private address, as internal
// registries do. One that only a pattern covers may not: whoever controls a
// name below the pattern would otherwise choose an address inside the
// operator's network (server-side request forgery, DNS rebinding). Addresses
// are checked when they are dialled, after the name was resolved. Where a proxy
// of the environment resolves names, the proxy has to see to that.
package network

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// Client is http.Client under a name that only New makes: other packages get
// one and make none.
type Client = http.Client

// Defaults of a Policy.
const (
	// DefaultMaxBody is the number of bytes above which a response is cut with
	// an error, decompressed.
	DefaultMaxBody = 1 << 30
	// DefaultStall is how long a server may keep silent, before the first
	// byte of an answer and between two.
	DefaultStall = 30 * time.Second
	// DefaultRetries is how often a request is made again.
	DefaultRetries = 3

	maxRedirects = 5
	dialTimeout  = 10 * time.Second
)

// Policy is what the operator allows. The zero value allows nothing.
type Policy struct {
	// Allow switches the network on.
	Allow bool
	// Hosts that may be reached: "ghcr.io", "registry.example.com:5000", or a
	// pattern with one "*" that stands for whole leading labels:
	// "*.example.com", "*". Without a port, a name stands for the default
	// port of the scheme alone; ":*" allows all.
	Hosts []string
	// Insecure hosts, named in full, that may be reached by plain HTTP, or
	// with a certificate that nothing vouches for. They need not be in Hosts.
	Insecure []string
	// CA holds certificates in PEM that are trusted beside the system's.
	CA []byte
	// UserAgent of each request that sets none.
	UserAgent string
	// MaxBody, Stall and Retries replace the defaults above; Retries below 0
	// is none.
	MaxBody int64
	Stall   time.Duration
	Retries int
}

// Check reports whether the policy can be kept: patterns and certificates are
// well-formed.
func (p Policy) Check() error {
	_, err := p.rules()
	return err
}

// Reaches reports whether a request to the host ("ghcr.io", "localhost:5000")
// over HTTPS would be allowed, by name. The error is a *Refused.
func (p Policy) Reaches(host string) error {
	r, err := p.rules()
	if err != nil {
		return err
	}
	_, err = r.admit("https", host, "")
	return err
}

// Client makes the client. A client of a policy that allows nothing refuses
// every request. The error is one of Check.
func (p Policy) Client() (*Client, error) {
	t, err := p.Transport()
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: t, CheckRedirect: checkRedirect}, nil
}

// Transport is the round tripper of Client, for libraries that have a client
// of their own. Redirects that they follow come through it, too.
func (p Policy) Transport() (http.RoundTripper, error) {
	rules, err := p.rules()
	if err != nil {
		return nil, err
	}
	t := &transport{rules: rules, agent: p.UserAgent, maxBody: p.MaxBody, stall: p.Stall, retries: p.Retries}
	if t.maxBody <= 0 {
		t.maxBody = DefaultMaxBody
	}
	if t.stall <= 0 {
		t.stall = DefaultStall
	}
	if t.retries == 0 {
		t.retries = DefaultRetries
	}
	if !p.Allow {
		return t, nil
	}
	// What the environment says counts only now that the operator allowed it.
	proxies := httpproxy.FromEnvironment()
	t.verified = t.base(&tls.Config{RootCAs: rules.roots, MinVersion: tls.VersionTLS12}, proxies)
	t.unverified = t.base(&tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, proxies)
	return t, nil
}

// rules decodes the policy.
func (p Policy) rules() (*rules, error) {
	r := &rules{on: p.Allow}
	for _, h := range p.Hosts {
		pat, err := parsePattern(h)
		if err != nil {
			return nil, err
		}
		r.allowed = append(r.allowed, pat)
	}
	for _, h := range p.Insecure {
		pat, err := parsePattern(h)
		if err == nil && !pat.exact() {
			err = fmt.Errorf("insecure host %q: name it in full", h)
		}
		if err != nil {
			return nil, err
		}
		pat.insecure = true
		r.allowed = append(r.allowed, pat)
	}
	if len(p.CA) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(p.CA) {
			return nil, errors.New("no certificate in PEM form among those to trust")
		}
		r.roots = pool
	}
	return r, nil
}

// checkRedirect bounds redirects. Where they lead, the transport decides;
// http.Client itself drops credentials on the way to another host.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return fmt.Errorf("stopped after %d redirects", maxRedirects)
	}
	return nil
}
