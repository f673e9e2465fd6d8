package network

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestAdmit(t *testing.T) {
	policy := Policy{Allow: true,
		Hosts:    []string{"ghcr.io", "*.example.com", "registry.corp:5000", "any.port:*", "[2001:db8::1]:443"},
		Insecure: []string{"localhost:8080"}}
	for _, tt := range []struct {
		scheme, host string
		want         string // part of the refusal, "" if admitted
	}{
		{"https", "ghcr.io", ""},
		{"https", "GHCR.io.", ""},
		{"https", "ghcr.io:443", ""},
		{"https", "ghcr.io:8443", "ghcr.io:8443 is not reached: the operator did not name this host; allow it with --allow-host ghcr.io:8443"},
		{"https", "ghcr.io.evil.test", "did not name"},
		{"https", "evilghcr.io", "did not name"},
		{"https", "a.example.com", ""},
		{"https", "a.b.example.com", ""},
		{"https", "example.com", "did not name"},
		{"https", "evilexample.com", "did not name"},
		{"https", "registry.corp:5000", ""},
		{"https", "registry.corp", "did not name"},
		{"https", "any.port:9", ""},
		{"https", "[2001:db8::1]", ""},
		{"http", "ghcr.io", "on the way; allow it with --insecure-host ghcr.io"},
		{"http", "other.test", "did not name this host; allow it with --insecure-host other.test"},
		{"http", "any.port:80", "plain HTTP"},
		{"http", "localhost:8080", ""},
		{"https", "localhost:8080", ""},
		{"ftp", "ghcr.io", "not spoken"},
		{"https", "", "without a host"},
	} {
		r, err := policy.rules()
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.admit(tt.scheme, tt.host, "")
		var refused *Refused
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s://%s: %v", tt.scheme, tt.host, err)
		case tt.want != "" && (!errors.As(err, &refused) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s://%s: got %v, want %q", tt.scheme, tt.host, err, tt.want)
		}
	}
}

func TestPatternsRefused(t *testing.T) {
	for _, h := range []string{"", "https://ghcr.io", "ghcr.io/x", "gh*.io", "*ghcr.io", "*.", "u@h", "a.*.b"} {
		if err := (Policy{Hosts: []string{h}}).Check(); err == nil {
			t.Errorf("%q is taken for a host", h)
		}
	}
	if err := (Policy{Insecure: []string{"*"}}).Check(); err == nil {
		t.Error("every host may be insecure")
	}
	if err := (Policy{CA: []byte("nonsense")}).Check(); err == nil {
		t.Error("nonsense is taken for a certificate")
	}
}

func TestForbiddenAddresses(t *testing.T) {
	for _, tt := range []struct {
		addr                 string
		named, literal, okay bool
	}{
		{"8.8.8.8", false, false, true},
		{"2606:4700::1111", false, false, true},
		{"127.0.0.1", false, false, false},
		{"127.0.0.1", true, false, true},
		{"10.0.0.1", false, false, false},
		{"10.0.0.1", true, false, true},
		{"::ffff:10.0.0.1", false, false, false},
		{"::1", false, false, false},
		{"fd00::1", false, false, false},
		{"64:ff9b::a00:1", false, false, false},
		{"100.64.0.1", false, false, false},
		{"169.254.169.254", false, false, false},
		{"169.254.169.254", true, false, false},
		{"169.254.169.254", true, true, true},
		{"::ffff:169.254.169.254", true, false, false},
		{"fe80::1", true, false, false},
		{"0.0.0.0", true, false, false},
		{"224.0.0.1", true, false, false},
		{"255.255.255.255", true, false, false},
	} {
		if why := forbidden(netip.MustParseAddr(tt.addr), tt.named, tt.literal); (why == "") != tt.okay {
			t.Errorf("%s, named %v, literal %v: %q", tt.addr, tt.named, tt.literal, why)
		}
	}
}

// client of a policy; servers of httptest are addresses on the loopback.
func client(t *testing.T, p Policy) *Client {
	t.Helper()
	c, err := p.Client()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func host(t *testing.T, s *httptest.Server) string {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func TestNothingIsReachedUnlessAllowed(t *testing.T) {
	asked := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer s.Close()
	port := host(t, s)[strings.LastIndex(host(t, s), ":"):]
	for name, tt := range map[string]struct {
		policy Policy
		url    string
		want   string
	}{
		"off":              {Policy{Hosts: []string{host(t, s)}, Insecure: []string{host(t, s)}}, s.URL, "--allow-network --insecure-host 127.0.0.1"},
		"not named":        {Policy{Allow: true}, s.URL, "did not name"},
		"literal, pattern": {Policy{Allow: true, Hosts: []string{"*:*"}}, "https://" + host(t, s), "named in full"},
		"private, pattern": {Policy{Allow: true, Hosts: []string{"*:*"}}, "https://localhost" + port, "address is private"},
		"plain HTTP":       {Policy{Allow: true, Hosts: []string{host(t, s)}}, s.URL, "plain HTTP"},
	} {
		_, err := client(t, tt.policy).Get(tt.url)
		var refused *Refused
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want a refusal with %q", name, err, tt.want)
		}
	}
	if asked {
		t.Error("the server was reached")
	}
	if _, err := client(t, Policy{Allow: true, Insecure: []string{"localhost" + port}}).Get("http://localhost" + port); err != nil || !asked {
		t.Errorf("a private host named in full: %v", err)
	}
}

func TestRedirectsAreHeldToThePolicy(t *testing.T) {
	var leaked atomic.Value
	foreign := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		leaked.Store(r.Header.Get("Authorization") + "reached")
	}))
	defer foreign.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/loop" {
			http.Redirect(w, r, "/loop", http.StatusFound)
			return
		}
		http.Redirect(w, r, foreign.URL, http.StatusFound)
	}))
	defer s.Close()
	c := client(t, Policy{Allow: true, Insecure: []string{host(t, s)}})
	_, err := c.Get(s.URL + "/away")
	var refused *Refused
	if !errors.As(err, &refused) || refused.From != host(t, s) || refused.Host != host(t, foreign) {
		t.Errorf("got %v, want a refusal that names both hosts", err)
	}
	if leaked.Load() != nil {
		t.Errorf("the foreign host was asked: %v", leaked.Load())
	}
	if _, err := c.Get(s.URL + "/loop"); err == nil || !strings.Contains(err.Error(), "redirects") {
		t.Errorf("a loop of redirects: %v", err)
	}
}

func TestCertificates(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	defer s.Close()
	s.Config.ErrorLog = nil
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	for name, tt := range map[string]struct {
		policy Policy
		ok     bool
	}{
		"unknown issuer":  {Policy{Allow: true, Hosts: []string{host(t, s)}}, false},
		"the operator's":  {Policy{Allow: true, Hosts: []string{host(t, s)}, CA: ca}, true},
		"not verified":    {Policy{Allow: true, Insecure: []string{host(t, s)}}, true},
		"another is lax":  {Policy{Allow: true, Hosts: []string{host(t, s)}, Insecure: []string{"other.test"}}, false},
		"trusted, unsaid": {Policy{Allow: true, CA: ca}, false},
	} {
		if _, err := client(t, tt.policy).Get(s.URL); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRetries(t *testing.T) {
	var n atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := n.Add(1)
		switch {
		case r.URL.Path == "/busy" && i == 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		case r.URL.Path == "/busy" && i == 2:
			w.WriteHeader(http.StatusBadGateway)
		case r.URL.Path == "/later":
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/gone":
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodPost:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer s.Close()
	c := client(t, Policy{Allow: true, Insecure: []string{host(t, s)}})
	for _, tt := range []struct {
		method, path string
		code         int
		tries        int32
	}{
		{"GET", "/busy", 200, 3},
		{"GET", "/later", 503, 1},
		{"GET", "/gone", 404, 1},
		{"POST", "/", 503, 1},
	} {
		n.Store(0)
		req, err := http.NewRequest(tt.method, s.URL+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.Do(req)
		if err != nil {
			t.Errorf("%s: %v", tt.path, err)
			continue
		}
		res.Body.Close()
		if res.StatusCode != tt.code || n.Load() != tt.tries {
			t.Errorf("%s %s: status %d after %d tries, want %d after %d", tt.method, tt.path, res.StatusCode, n.Load(), tt.code, tt.tries)
		}
	}
}

func TestBodies(t *testing.T) {
	done := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/fits":
			io.WriteString(w, strings.Repeat("x", 100))
		case "/declared":
			w.Header().Set("Content-Length", "101")
			io.WriteString(w, strings.Repeat("x", 101))
		case "/large":
			w.(http.Flusher).Flush()
			io.WriteString(w, strings.Repeat("x", 101))
		case "/short":
			w.Header().Set("Content-Length", "90")
			io.WriteString(w, "x")
		case "/silent":
			io.WriteString(w, "x")
			w.(http.Flusher).Flush()
			<-done
		}
	}))
	defer s.Close()
	defer close(done)
	c := client(t, Policy{Allow: true, Insecure: []string{host(t, s)}, MaxBody: 100, Stall: 200 * time.Millisecond, Retries: -1})
	for path, want := range map[string]error{
		"/fits": nil, "/declared": ErrTooLarge, "/large": ErrTooLarge, "/short": io.ErrUnexpectedEOF, "/silent": ErrStalled,
	} {
		var data []byte
		res, err := c.Get(s.URL + path)
		if err == nil {
			data, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		if !errors.Is(err, want) || want == nil && len(data) != 100 {
			t.Errorf("%s: %d bytes, %v; want %v", path, len(data), err, want)
		}
		if len(data) > 100 {
			t.Errorf("%s: %d bytes passed", path, len(data))
		}
	}
}

// A proxy of the environment is the operator's word, but only once the network
// is allowed, and it does not widen what may be reached.
func TestProxy(t *testing.T) {
	var seen atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen.Store(r.URL.Host) }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("NO_PROXY", "")
	if _, err := client(t, Policy{Insecure: []string{"charts.test"}}).Get("http://charts.test/"); err == nil || seen.Load() != nil {
		t.Fatalf("the proxy was used while the network is off: %v", err)
	}
	c := client(t, Policy{Allow: true, Insecure: []string{"charts.test"}})
	if _, err := c.Get("http://other.test/"); err == nil || seen.Load() != nil {
		t.Fatalf("the proxy was asked for a host that nobody named: %v", err)
	}
	if _, err := c.Get("http://charts.test/"); err != nil || seen.Load() != "charts.test" {
		t.Errorf("the proxy saw %v: %v", seen.Load(), err)
	}
}
