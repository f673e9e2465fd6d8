package dependency

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/network"
	"github.com/kustoms-dev/kustoms/pkg/render"
)

// archive is a packaged chart without templates.
func archive(t *testing.T, name, version string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	text := fmt.Sprintf("apiVersion: v2\nname: %s\nversion: %s\n", name, version)
	err := w.WriteHeader(&tar.Header{Name: name + "/Chart.yaml", Mode: 0o644, Size: int64(len(text))})
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err := errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// repository serves the charts lib 1.0.0, 1.2.0 and 2.0.0 below /charts, to
// user "u" with password "p", and some that are at fault.
func repository(t *testing.T, away string) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if user, pass, _ := r.BasicAuth(); user != "u" || pass != "p" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch file := strings.TrimPrefix(r.URL.Path, "/charts/"); file {
		case "index.yaml":
			fmt.Fprintln(w, "apiVersion: v1\nentries:")
			for _, chart := range []string{"lib", "wrong", "cut", "away", "foreign"} {
				fmt.Fprintf(w, "  %s:\n", chart)
				for _, v := range []string{"1.0.0", "1.2.0", "2.0.0", "3.0.0-rc.1"} {
					url := fmt.Sprintf("%s-%s.tgz", chart, v)
					if chart == "foreign" {
						url = away + "/" + url
					}
					fmt.Fprintf(w, "  - version: %s\n    urls: [%q]\n    digest: %x\n", v, url, sha256.Sum256(archive(t, chart, v)))
				}
			}
		case "lib-1.0.0.tgz", "lib-1.2.0.tgz", "lib-2.0.0.tgz":
			w.Write(archive(t, "lib", strings.TrimSuffix(strings.TrimPrefix(file, "lib-"), ".tgz")))
		case "wrong-1.0.0.tgz":
			w.Write(archive(t, "evil", "1.0.0"))
		case "cut-1.0.0.tgz":
			data := archive(t, "cut", "1.0.0")
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			w.Write(data[:len(data)/2])
		case "away-1.0.0.tgz":
			http.Redirect(w, r, away, http.StatusFound)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(s.Close)
	return s, &asked
}

func hostOf(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }

func version(t *testing.T, data []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	_, v, _ := strings.Cut(string(text), "\nversion: ")
	v, _, _ = strings.Cut(v, "\n")
	return v
}

func TestHTTPRepository(t *testing.T) {
	var leaked atomic.Value
	foreign := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		leaked.Store("asked, with " + r.Header.Get("Authorization"))
	}))
	defer foreign.Close()
	s, _ := repository(t, foreign.URL)
	url := s.URL + "/charts"
	creds, err := NewCredentials([]byte("repositories:\n- {name: mine, url: "+url+"/, username: u, password: p}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		ref  render.ChartRef
		want string // version, or "!" and part of the error
	}{
		{render.ChartRef{Name: "lib", Version: "1.0.0", Repository: url}, "1.0.0"},
		{render.ChartRef{Name: "lib", Version: "^1.0.0", Repository: url}, "1.2.0"},
		{render.ChartRef{Name: "lib", Version: "", Repository: url + "/"}, "2.0.0"},
		{render.ChartRef{Name: "lib", Version: "1.x", Repository: "@mine"}, "1.2.0"},
		{render.ChartRef{Name: "lib", Version: "1.x", Repository: "alias:mine"}, "1.2.0"},
		{render.ChartRef{Name: "lib", Version: "1.x", Repository: "@other"}, `!no repository is named "other"`},
		{render.ChartRef{Name: "lib", Version: "9.x", Repository: url}, `!none of its 4 versions fits "9.x"`},
		{render.ChartRef{Name: "lib", Version: "1.0.1", Pinned: true, Repository: url}, "!which the lock file names, is not there"},
		{render.ChartRef{Name: "none", Version: "1.x", Repository: url}, `!no chart "none"`},
		{render.ChartRef{Name: "wrong", Version: "1.0.0", Repository: url}, "!index.yaml says"},
		{render.ChartRef{Name: "cut", Version: "1.0.0", Repository: url}, "!unexpected EOF"},
		{render.ChartRef{Name: "away", Version: "1.0.0", Repository: url}, "!redirects to " + hostOf(foreign)},
		{render.ChartRef{Name: "foreign", Version: "1.0.0", Repository: url}, "!" + hostOf(foreign) + " is not reached"},
		{render.ChartRef{Name: "lib", Version: "1.0.0", Repository: s.URL + "/other"}, "!401 Unauthorized: log in"},
		{render.ChartRef{Name: "lib", Version: "1.0.0", Repository: "https://u:p@" + hostOf(s)}, "!not the address of a repository"},
		{render.ChartRef{Name: "lib", Version: "1.0.0", Repository: "ftp://x"}, "!not the address of a repository"},
	} {
		src := &Source{Cache: cache.Open(t.TempDir()), Policy: network.Policy{Allow: true, Insecure: []string{hostOf(s)}, Retries: -1}, Credentials: creds}
		data, err := src.Chart(t.Context(), tt.ref)
		wrong, fails := strings.CutPrefix(tt.want, "!")
		switch {
		case fails && (err == nil || !strings.Contains(err.Error(), wrong)):
			t.Errorf("%s: got %v, want %q", tt.ref, err, wrong)
		case !fails && err != nil:
			t.Errorf("%s: %v", tt.ref, err)
		case !fails && version(t, data) != tt.want:
			t.Errorf("%s: version %s, want %s", tt.ref, version(t, data), tt.want)
		}
		if fails {
			if ok, err := src.Cached(tt.ref); ok {
				t.Errorf("%s: kept in the cache (%v)", tt.ref, err)
			}
		}
	}
	if leaked.Load() != nil {
		t.Errorf("the foreign host was %v", leaked.Load())
	}
}

func TestCacheComesFirst(t *testing.T) {
	s, asked := repository(t, "")
	url := s.URL + "/charts"
	creds, err := NewCredentials([]byte("repositories: [{name: mine, url: "+url+", username: u, password: p}]"), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	policy := network.Policy{Allow: true, Insecure: []string{hostOf(s)}}
	ref := render.ChartRef{Name: "lib", Version: "^1.0.0", Repository: url}
	off := &Source{Cache: cache.Open(dir), Credentials: creds}

	_, err = off.Chart(t.Context(), ref)
	var refused *network.Refused
	if !errors.As(err, &refused) || asked.Load() != 0 {
		t.Fatalf("off, nothing cached: %v, asked %d", err, asked.Load())
	}
	if f := render.AsFault(err); f.Hint != "kustoms deps --allow-network --insecure-host "+hostOf(s) || !strings.Contains(f.Msg, "neither in charts/ nor in the cache") {
		t.Errorf("message %q, hint %q", f.Msg, f.Hint)
	}
	if _, err := (&Source{Cache: cache.Open(dir), Policy: policy, Credentials: creds}).Chart(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	before := asked.Load()
	for range 2 {
		data, err := off.Chart(t.Context(), ref)
		if err != nil || version(t, data) != "1.2.0" {
			t.Errorf("off, cached: %v", err)
		}
	}
	if _, err := (&Source{Cache: cache.Open(dir), Policy: policy, Credentials: creds}).Chart(t.Context(), ref); err != nil || asked.Load() != before {
		t.Errorf("on, cached: %v, asked %d times more", err, asked.Load()-before)
	}
	if _, err := (&Source{Cache: cache.Open(dir), Policy: policy, Credentials: creds, Fresh: true}).Chart(t.Context(), ref); err != nil || asked.Load() == before {
		t.Errorf("fresh: %v, asked %d times more", err, asked.Load()-before)
	}
}

// ociRegistry is go-containerregistry's own, behind a password.
func ociRegistry(t *testing.T) *httptest.Server {
	t.Helper()
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("u:p"))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != want {
			w.Header().Set("WWW-Authenticate", `Basic realm="charts"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if strings.Contains(r.URL.Path, "/evil/blobs/") && r.Method == http.MethodGet {
			rec := httptest.NewRecorder()
			inner.ServeHTTP(rec, r)
			data := rec.Body.Bytes()
			data[len(data)-1] ^= 1 // of the same length
			w.Write(data)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestOCIRegistry(t *testing.T) {
	s := ociRegistry(t)
	host := hostOf(s)
	creds := Credentials{}
	login, err := NewCredentials(nil, []byte(`{"auths": {"`+host+`": {"auth": "`+base64.StdEncoding.EncodeToString([]byte("u:p"))+`"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	login.docker = false // the machine's is not this test's
	push := func(chart, version, mediaType string) {
		t.Helper()
		layer := static.NewLayer(archive(t, chart, version), "application/vnd.cncf.helm.chart.content.v1.tar+gzip")
		if mediaType != "" {
			layer = static.NewLayer([]byte("x"), "text/plain")
		}
		img, err := mutate.AppendLayers(empty.Image, layer)
		if err != nil {
			t.Fatal(err)
		}
		tag, err := name.NewTag(host+"/charts/"+chart+":"+strings.ReplaceAll(version, "+", "_"), name.Insecure)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(tag, img, remote.WithAuthFromKeychain(login.keychain())); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []string{"1.0.0", "1.2.0+build.1", "2.0.0"} {
		push("lib", v, "")
	}
	push("evil", "1.0.0", "")
	push("text", "1.0.0", "text/plain")
	repo := "oci://" + host + "/charts"
	on := network.Policy{Allow: true, Insecure: []string{host}, Retries: -1}
	for _, tt := range []struct {
		what   string
		ref    render.ChartRef
		policy network.Policy
		creds  Credentials
		want   string
	}{
		{"a locked version", render.ChartRef{Name: "lib", Version: "1.0.0", Pinned: true, Repository: repo}, on, login, "1.0.0"},
		{"a range", render.ChartRef{Name: "lib", Version: "^1.0.0", Repository: repo}, on, login, "1.2.0+build.1"},
		{"no such version", render.ChartRef{Name: "lib", Version: "3.x", Repository: repo}, on, login, "!fits"},
		{"no such tag", render.ChartRef{Name: "lib", Version: "3.0.0", Pinned: true, Repository: repo}, on, login, "!MANIFEST_UNKNOWN"},
		{"no log-in", render.ChartRef{Name: "lib", Version: "1.0.0", Pinned: true, Repository: repo}, on, creds, "!log in with helm registry login"},
		{"another content", render.ChartRef{Name: "evil", Version: "1.0.0", Pinned: true, Repository: repo}, on, login, "!error verifying"},
		{"no chart", render.ChartRef{Name: "text", Version: "1.0.0", Pinned: true, Repository: repo}, on, login, "!no Helm chart"},
		{"network off", render.ChartRef{Name: "lib", Version: "1.0.0", Pinned: true, Repository: repo}, network.Policy{}, login, "!neither in charts/ nor in the cache"},
		{"host not named", render.ChartRef{Name: "lib", Version: "1.0.0", Pinned: true, Repository: repo}, network.Policy{Allow: true}, login, "!did not name"},
	} {
		src := &Source{Cache: cache.Open(t.TempDir()), Policy: tt.policy, Credentials: tt.creds}
		data, err := src.Chart(t.Context(), tt.ref)
		wrong, fails := strings.CutPrefix(tt.want, "!")
		switch {
		case fails && (err == nil || !strings.Contains(err.Error(), wrong)):
			t.Errorf("%s: got %v, want %q", tt.what, err, wrong)
		case !fails && err != nil:
			t.Errorf("%s: %v", tt.what, err)
		case !fails && version(t, data) != tt.want:
			t.Errorf("%s: version %s, want %s", tt.what, version(t, data), tt.want)
		}
	}
}

// A registry may send its token service's address with an answer: the log-in
// must not go there.
func TestTokenServiceIsHeldToThePolicy(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="https://tokens.example.com/token",service="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer s.Close()
	login, err := NewCredentials(nil, []byte(`{"auths": {"`+hostOf(s)+`": {"auth": "`+base64.StdEncoding.EncodeToString([]byte("u:p"))+`"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	login.docker = false
	src := &Source{Policy: network.Policy{Allow: true, Insecure: []string{hostOf(s)}, Retries: -1}, Credentials: login}
	_, err = src.Chart(t.Context(), render.ChartRef{Name: "lib", Version: "1.0.0", Pinned: true, Repository: "oci://" + hostOf(s)})
	var refused *network.Refused
	if !errors.As(err, &refused) || refused.Host != "tokens.example.com" {
		t.Errorf("got %v", err)
	}
}
