package service

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/network"
)

// client reaches the server alone, as an operator's policy allows.
func client(t *testing.T, s *httptest.Server) Client {
	t.Helper()
	u, err := Parse(s.URL + "/base/")
	if err != nil {
		t.Fatal(err)
	}
	hc, err := network.Policy{Allow: true, Retries: -1, Insecure: []string{u.Host}}.Client()
	if err != nil {
		t.Fatal(err)
	}
	return Client{Engine: "Scanner", Base: u, HTTP: hc, Credential: "THE_TOKEN", Wait: time.Millisecond, Authorize: func(r *http.Request) error {
		r.Header.Set("X-Token", "s3cret-token")
		return nil
	}}
}

func TestAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		serve http.HandlerFunc
		want  string // of the error, "" for none
		calls int32
	}{
		"answer":      {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"x":1}`) }, "", 1},
		"created":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); fmt.Fprint(w, `{"x":1}`) }, "", 1},
		"empty":       {func(http.ResponseWriter, *http.Request) {}, "broke off", 3},
		"half":        {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"x":`) }, "broke off", 3},
		"cut":         {cut, "broke off", 3},
		"html":        {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `<html>`) }, "check that the address is a Scanner's", 1},
		"wrong type":  {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"x":"y"}`) }, "cannot be read", 1},
		"no token":    {status(401, `{"code":"unauthenticated","msg":"invalid token"}`), `(set THE_TOKEN)`, 1},
		"forbidden":   {status(403, ``), `refused the credentials`, 1},
		"not known":   {status(404, `{"code":"bad_route","msg":"no handler"}`), `does not know the request: HTTP status 404 ("no handler")`, 1},
		"fails":       {status(500, `{"message":"database\nis gone"}`), `it failed: HTTP status 500 ("database is gone")`, 3},
		"busy":        {status(429, ``), `it failed`, 3},
		"unavailable": {status(503, `<html>`), `HTTP status 503`, 3},
		"bad request": {status(400, `{"msg":"bogus"}`), `it refused the request: HTTP status 400 ("bogus")`, 1},
		"not ready":   {status(202, ``), `it refused the request: HTTP status 202`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int32
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				if r.URL.Path != "/base/p" || r.Header.Get("X-Token") == "" {
					t.Errorf("asked %s with %v", r.URL, r.Header)
				}
				tt.serve(w, r)
			}))
			defer s.Close()
			c := client(t, s)
			var out struct{ X int }
			_, err := c.Call(t.Context(), http.MethodPost, "/p", map[string]int{"a": 1}, &out)
			text := ""
			if err != nil {
				var engine *image.EngineError
				if !errors.As(err, &engine) || !errors.Is(err, image.ErrNotScanned) {
					t.Fatalf("%T: %v", err, err)
				}
				text = fmt.Sprintf("%v (%s)", err, engine.Hint)
			}
			if tt.want == "" && (err != nil || out.X != 1) || tt.want != "" && (err == nil || !strings.Contains(text, tt.want)) {
				t.Errorf("got %q, want %q", text, tt.want)
			}
			if strings.Contains(text, "s3cret") {
				t.Errorf("the error shows the token: %s", text)
			}
			if calls.Load() != tt.calls {
				t.Errorf("asked %d times, want %d", calls.Load(), tt.calls)
			}
		})
	}
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

// cut promises more than it sends.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	fmt.Fprint(w, `{"x":1,"rest":"`)
}

// TestRedirect: neither token nor list goes to where a service points.
func TestRedirect(t *testing.T) {
	var reached atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer other.Close()
	s := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	c := client(t, s)
	c.HTTP, _ = network.Policy{Allow: true, Retries: -1, Insecure: []string{strings.TrimPrefix(s.URL, "http://"), strings.TrimPrefix(other.URL, "http://")}}.Client()
	if _, err := c.Call(t.Context(), http.MethodPost, "", map[string]int{}, nil); err == nil || !strings.Contains(err.Error(), "redirects") {
		t.Errorf("got %v", err)
	}
	if reached.Load() {
		t.Error("the redirect was followed")
	}
}

func TestAwayAndSlow(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	c := client(t, s)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errors.New("took too long"))
	defer cancel()
	if _, err := c.Call(ctx, http.MethodGet, "", nil, nil); err == nil || err.Error() != "took too long" {
		t.Errorf("a slow one: got %v", err)
	}
	s.CloseClientConnections()
	s.Close()
	_, err := c.Call(t.Context(), http.MethodGet, "", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "no answer from "+c.Base.Host) {
		t.Errorf("one that is away: got %v", err)
	}
}

func TestParse(t *testing.T) {
	for addr, want := range map[string]string{
		"https://scan.example.com/": "", "http://localhost:4954": "",
		"": "want https", "scan.example.com": "want https", "ftp://x": "want https", "https://": "want https",
		"https://user:pass@x": "no credentials", "https://x?token=1": "without query", "https://x/#a": "without query", "https://x/%zz": "not an address",
	} {
		if _, err := Parse(addr); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", addr, err, want)
		}
	}
}
