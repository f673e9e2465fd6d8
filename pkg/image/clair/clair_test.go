package clair_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/clair"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/image/service"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
	"github.com/kustoms-dev/kustoms/pkg/network"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const key = "c2VjcmV0LWtleS1vZi1jbGFpcg=="

const report = `{"manifest_hash":"@DIGEST@",
"packages":{"1":{"id":"1","name":"bsdutils","version":"1:2.38.1-5","kind":"binary","source":{"name":"util-linux","version":"2.38.1-5"},"arch":"amd64"},
 "2":{"id":"2","name":"stdlib","version":"1.21.0","kind":"binary","source":{"name":"","version":""}},
 "3":{"id":"3","name":"github.com/x/y","version":"v1.0.0","kind":"binary"},
 "4":{"id":"4","name":"requests","version":"2.0.0","kind":"binary"}},
"distributions":{"1":{"id":"1","did":"debian","name":"Debian GNU/Linux","version_id":"12","pretty_name":"Debian GNU/Linux 12 (bookworm)"}},
"repository":{"1":{"id":"1","name":"go","uri":"https://pkg.go.dev/"},"2":{"id":"2","name":"pypi"}},
"environments":{"1":[{"package_db":"var/lib/dpkg/status","introduced_in":"@LAYER0@","distribution_id":"1","repository_ids":null}],
 "2":[{"package_db":"go:usr/bin/x","introduced_in":"@LAYER1@","distribution_id":"","repository_ids":["1"]}],
 "3":[{"package_db":"go:usr/bin/x","introduced_in":"@LAYER1@","distribution_id":"","repository_ids":["1"]}],
 "4":[{"package_db":"python:usr/lib","introduced_in":"@LAYER1@","distribution_id":"","repository_ids":["2"]}]},
"vulnerabilities":{"10":{"id":"10","updater":"debian/updater","name":"CVE-2026-2","description":"CVE-2026-2","issued":"0001-01-01T00:00:00Z","links":"https://security-tracker.debian.org/tracker/CVE-2026-2 ftp://x","severity":"not yet assigned","normalized_severity":"Unknown","fixed_in_version":"2.38.1-6"},
 "11":{"id":"11","updater":"osv/go","name":"GO-2026-1","description":"a fault","normalized_severity":"High","fixed_in_version":"1.21.9"},
 "12":{"id":"12","updater":"osv/pypi","name":"PYSEC-1: requests leaks (Low)","normalized_severity":"Low","fixed_in_version":"fixed=2.1.0&introduced=0"},
 "13":{"id":"13","updater":"debian/updater","name":"CVE-2026-9","normalized_severity":"Negligible","fixed_in_version":""}},
"package_vulnerabilities":{"1":["10","13"],"2":["11"],"4":["12"]},
"enrichments":{"message/vnd.clair.map.vulnerability; enricher=clair.cvss schema=x":[{"11":[{"version":"3.1","vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","baseScore":9.8}]}]}}`

// setup is a registry with an image, behind basic authentication if user is
// set, and the engine that asks s.
func setup(t *testing.T, s *imagetest.Clair, psk, user string, store *cache.Store) (*clair.Scanner, string, *int) {
	t.Helper()
	host := imagetest.Registry(t)
	imagetest.Push(t, host, "shop/web:1", imagetest.Image(t, imagetest.Layer(t, imagetest.File{Name: "a", Body: "1"}), imagetest.Layer(t, imagetest.File{Name: "b", Body: "2"})))
	blobs := new(int)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); user != "" && (u != user || p != "pass") {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(401)
			return
		}
		if strings.Contains(r.URL.Path, "/blobs/") {
			*blobs++
			if user == "" { // as public registries do, to a storage
				http.Redirect(w, r, "http://"+host+r.URL.Path, http.StatusTemporaryRedirect)
				return
			}
		}
		r.URL.Host, r.URL.Scheme, r.RequestURI = host, "http", ""
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(502)
			return
		}
		defer res.Body.Close()
		for k, v := range res.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(res.StatusCode)
		buf := make([]byte, 1<<20)
		for {
			n, err := res.Body.Read(buf)
			w.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}))
	t.Cleanup(front.Close)
	at := strings.TrimPrefix(front.URL, "http://")
	tr, err := network.Policy{Allow: true, Insecure: []string{at, host}}.Transport()
	if err != nil {
		t.Fatal(err)
	}
	o := registry.Options{Transport: tr, Insecure: []string{at}, Local: true}
	if user != "" {
		o.Keychain = authn.NewMultiKeychain(keys{user})
	}
	reader, err := registry.New(o)
	if err != nil {
		t.Fatal(err)
	}
	u, err := service.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	hc, err := network.Policy{Allow: true, Insecure: []string{u.Host}, Retries: -1}.Client()
	if err != nil {
		t.Fatal(err)
	}
	sign, err := clair.Authorize(psk, "kustoms", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return clair.New(clair.Options{
		Service:  service.Client{Base: u, HTTP: hc, Credential: "KEY", Authorize: sign, Wait: time.Millisecond},
		Registry: reader, Cache: store, MaxAge: 5 * 24 * time.Hour, Now: func() time.Time { return now },
		Patience: 20 * time.Millisecond, Poll: 5 * time.Millisecond,
	}), at + "/shop/web:1", blobs
}

type keys struct{ user string }

func (k keys) Resolve(authn.Resource) (authn.Authenticator, error) {
	return &authn.Basic{Username: k.user, Password: "pass"}, nil
}

func TestClair(t *testing.T) {
	s := (&imagetest.Clair{Key: []byte("secret-key-of-clair"), Updated: now.Add(-time.Hour), Report: report, NotReady: 2}).Start(t)
	e, ref, blobs := setup(t, s, key, "", cache.Open(t.TempDir()))
	res, err := e.Scan(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if res.Engine != "clair" || !res.DataFrom.Equal(s.Updated) || len(res.Packages) != 4 || len(res.Gaps) > 0 || res.Hidden != 1 || len(res.Vulnerabilities) != 3 {
		t.Fatalf("%+v", res)
	}
	for i, want := range []struct {
		id, by, pkg, installed, fixed, eco, purl string
		rating                                   result.Rating
		layer                                    int
	}{
		{"GO-2026-1", "cvss", "stdlib", "1.21.0", "1.21.9", "Go", "pkg:golang/stdlib@1.21.0", result.RatedCritical, 1},
		{"CVE-2026-2", "", "bsdutils", "1:2.38.1-5", "2.38.1-6", "Debian:12", "pkg:deb/debian/bsdutils@1:2.38.1-5?arch=amd64&distro=debian-12&upstream=util-linux%402.38.1-5", result.RatedUnknown, 0},
		{"PYSEC-1", "osv", "requests", "2.0.0", "2.1.0", "PyPI", "pkg:pypi/requests@2.0.0", result.RatedLow, 1},
	} {
		v := res.Vulnerabilities[i]
		p := v.Packages[0]
		if v.ID != want.id || v.RatedBy != want.by || v.Rating != want.rating || p.Name != want.pkg || p.Installed != want.installed || p.Fixed != want.fixed || p.Ecosystem != want.eco || p.PURL != want.purl || p.Layer.Index != want.layer {
			t.Errorf("%+v", v)
		}
	}
	if v := res.Vulnerabilities[2]; v.Title != "requests leaks (Low)" {
		t.Errorf("title %q", v.Title)
	}
	if v := res.Vulnerabilities[1]; !slices.Equal(v.Refs, []string{"https://security-tracker.debian.org/tracker/CVE-2026-2"}) || v.Published != "" || v.Packages[0].Source != "util-linux" {
		t.Errorf("%+v", v)
	}
	if *blobs == 0 || len(s.Headers) != 2 || len(s.Headers[0]) > 0 {
		t.Errorf("a redirected layer needs no credentials: %v", s.Headers)
	}

	// What it has indexed it does not index again, until it can do more.
	*blobs, s.Calls = 0, nil
	if _, err := e.Scan(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if *blobs > 1 /* the configuration */ || slices.Contains(s.Calls, "POST /indexer/api/v1/index_report") {
		t.Errorf("indexed again: %v", s.Calls)
	}
	s.State, s.Calls = "new", nil
	if _, err := e.Scan(t.Context(), ref); err != nil || !slices.Contains(s.Calls, "POST /indexer/api/v1/index_report") {
		t.Errorf("not indexed again by newer indexers: %v, %v", err, s.Calls)
	}
}

// TestClairCredentials: layers that need credentials are handed over with
// them.
func TestClairCredentials(t *testing.T) {
	s := (&imagetest.Clair{Updated: now, Report: report}).Start(t)
	e, ref, _ := setup(t, s, "", "user", nil)
	if _, err := e.Scan(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if len(s.Headers) != 2 || !strings.HasPrefix(s.Headers[0].Get("Authorization"), "Basic ") || s.Headers[0].Get("Range") != "" {
		t.Errorf("headers %v", s.Headers)
	}
}

func TestClairRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		s    *imagetest.Clair
		want string
	}{
		"key":           {&imagetest.Clair{Key: []byte("other")}, "refused the credentials: HTTP status 401"},
		"never ready":   {&imagetest.Clair{NotReady: -1}, "not ready: its updaters have not run"},
		"stale":         {&imagetest.Clair{Updated: now.Add(-6 * 24 * time.Hour)}, "newest advisories are of 2026-11-19"},
		"index error":   {&imagetest.Clair{IndexErr: "layer is too large"}, `state "IndexError", "layer is too large"`},
		"half a report": {&imagetest.Clair{Report: report[:200]}, "broke off"},
		"other image":   {&imagetest.Clair{Report: strings.Replace(report, "@DIGEST@", "sha256:0", 1)}, "and not of sha256:"},
		"no hash":       {&imagetest.Clair{Report: "{}"}, `its report is of ""`},
		"lost":          {&imagetest.Clair{Report: strings.Replace(report, `"1":["10","13"]`, `"1":["99"]`, 1)}, `vulnerability "99" of package "1" is not described`},
		"lost package":  {&imagetest.Clair{Report: strings.Replace(report, `"1":["10","13"]`, `"77":["10"]`, 1)}, `package "77" has vulnerabilities`},
		"fails": {&imagetest.Clair{Intercept: func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(500)
			fmt.Fprint(w, `{"code":"internal-error","message":"could not retrieve indexer state"}`)
			return true
		}}, "it failed: HTTP status 500"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.s.Updated.IsZero() {
				tt.s.Updated = now
			}
			e, ref, _ := setup(t, tt.s.Start(t), key, "", nil)
			if _, err := e.Scan(t.Context(), ref); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	e, _, _ := setup(t, (&imagetest.Clair{Updated: now}).Start(t), "", "", nil)
	if _, err := e.Scan(t.Context(), imagetest.Folder(t, imagetest.Image(t, imagetest.Layer(t, imagetest.File{Name: "a", Body: "1"})))); err == nil || !strings.Contains(err.Error(), "reads images from registries by itself") {
		t.Errorf("of a file: %v", err)
	}
	if _, err := clair.Authorize("no base64!", "x", time.Now); err == nil || strings.Contains(err.Error(), "no base64!") {
		t.Errorf("a bad key: %v", err)
	}
}

func TestClairGaps(t *testing.T) {
	for name, tt := range map[string]struct {
		s     *imagetest.Clair
		want  string
		known bool
	}{
		"unknown distribution": {&imagetest.Clair{Report: strings.Replace(report, `"did":"debian"`, `"did":"wolfi"`, 1)}, "no advisories for this distribution", false},
		"no distribution":      {&imagetest.Clair{Report: strings.Replace(report, `"distributions":{"1"`, `"x":{"1"`, 1)}, "no advisories for this distribution", false},
		"nothing":              {&imagetest.Clair{Report: `{"manifest_hash":"@DIGEST@"}`}, "found none", true},
		"no age":               {&imagetest.Clair{Report: report, NoAge: true}, "does not tell it", true},
		"had it":               {&imagetest.Clair{Report: report, Known: true}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			tt.s.Updated = now
			e, ref, _ := setup(t, tt.s.Start(t), "", "", nil)
			res, err := e.Scan(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want != "" && !slices.ContainsFunc(res.Gaps, func(g image.Gap) bool { return strings.Contains(g.String(), tt.want) && g.Known == tt.known }) {
				t.Errorf("gaps %v, want %q", res.Gaps, tt.want)
			}
		})
	}
}
