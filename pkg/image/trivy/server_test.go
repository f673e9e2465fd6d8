package trivy_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/service"
	"github.com/kustoms-dev/kustoms/pkg/image/trivy"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
	"github.com/kustoms-dev/kustoms/pkg/network"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// list is a Lister that knows one image.
type list struct {
	inv   image.Inventory
	asked int
}

func (l *list) Inventory(context.Context, string) (*image.Inventory, error) {
	l.asked++
	inv := l.inv
	inv.Packages = slices.Clone(l.inv.Packages)
	return &inv, nil
}

func debian() *list {
	return &list{inv: image.Inventory{
		Image:  result.ImageID{Ref: "shop/web:1", Digest: "sha256:1"},
		Distro: image.Distro{ID: "debian", Version: "12", Name: "Debian GNU/Linux 12 (bookworm)"},
		Layers: []result.Layer{{Index: 0, Digest: "sha256:a", Base: true}, {Index: 1, Digest: "sha256:b"}},
		Packages: []image.Package{
			{Name: "bsdutils", Version: "1:2.38.1-5+deb12u3", Source: "util-linux", SourceVersion: "2.38.1-5+deb12u3", Arch: "amd64", Ecosystem: "Debian:12", PURL: "pkg:deb/debian/bsdutils@2.38.1-5", Path: "var/lib/dpkg/status", OS: true},
			{Name: "lodash", Version: "4.17.20", Ecosystem: "npm", PURL: "pkg:npm/lodash@4.17.20", Path: "a/package.json", Layer: 1},
			{Name: "lodash", Version: "4.17.20", Ecosystem: "npm", PURL: "pkg:npm/lodash@4.17.20", Path: "b/package.json", Layer: 1},
			{Name: "own", Version: "", Ecosystem: "Go", PURL: "pkg:golang/own", Path: "bin/own", Layer: 1},
		},
	}}
}

func found() map[string]map[string]any {
	return map[string]map[string]any{
		"bsdutils": {
			"vulnerability_id": "CVE-2026-2", "vendor_ids": []string{"DSA-9"}, "fixed_version": "2.38.1-5+deb12u4", "severity": "LOW", "severity_source": "debian",
			"title": "CVE-2026-2", "description": "a fault", "primary_url": "https://example.com/CVE-2026-2", "references": []string{"javascript:alert(1)"},
		},
		"lodash": {
			"vulnerability_id": "CVE-2021-23337", "vendor_ids": []string{"GHSA-35jh"}, "fixed_version": "5.0.0, 4.17.21, 3.0.0", "severity": "UNKNOWN",
			"cvss": map[string]any{"ghsa": map[string]any{"v3_vector": "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H", "v3_score": 7.2}},
		},
	}
}

func engine(t *testing.T, s *imagetest.Trivy, l image.Lister, token string) *trivy.Server {
	t.Helper()
	u, err := service.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	hc, err := network.Policy{Allow: true, Insecure: []string{u.Host}, Retries: -1}.Client()
	if err != nil {
		t.Fatal(err)
	}
	return trivy.NewServer(trivy.ServerOptions{
		Service: service.Client{Base: u, HTTP: hc, Credential: "TOKEN", Authorize: trivy.Authorize(token), Wait: time.Millisecond},
		Lister:  l, Age: trivy.Age{Max: 5 * 24 * time.Hour, Now: func() time.Time { return now }},
	})
}

func TestServer(t *testing.T) {
	s := (&imagetest.Trivy{Token: "tok", Updated: now.Add(-time.Hour), Found: found()}).Start(t)
	e := engine(t, s, debian(), "tok")
	res, err := e.Scan(t.Context(), "shop/web:1")
	if err != nil {
		t.Fatal(err)
	}
	sent := s.Sent.Packages[0].Packages[0]
	for k, want := range map[string]any{"name": "bsdutils", "version": "2.38.1", "release": "5+deb12u3", "epoch": 1.0, "src_name": "util-linux", "src_version": "2.38.1", "src_release": "5+deb12u3", "src_epoch": nil} {
		if sent[k] != want {
			t.Errorf("sent %s %v, want %v", k, sent[k], want)
		}
	}
	if s.Sent.OS.Family != "debian" || len(s.Sent.Apps) != 2 || s.Sent.Apps[0].Type != "node-pkg" {
		t.Errorf("sent %+v", s.Sent)
	}
	if res.Engine != "trivy-server 0.74.0" || !res.DataFrom.Equal(s.Updated) || len(res.Vulnerabilities) != 2 {
		t.Fatalf("%+v", res)
	}
	a, b := res.Vulnerabilities[0], res.Vulnerabilities[1]
	if a.ID != "CVE-2021-23337" || !slices.Equal(a.Aliases, []string{"GHSA-35jh"}) || a.Rating != result.RatedHigh || a.RatedBy != "cvss" || len(a.Packages) != 2 {
		t.Errorf("%+v", a)
	}
	if p := a.Packages[1]; p.Path != "b/package.json" || p.Fixed != "4.17.21" || p.Layer.Digest != "sha256:b" {
		t.Errorf("%+v", p)
	}
	if b.ID != "CVE-2026-2" || !slices.Equal(b.Aliases, []string{"DSA-9"}) || b.Rating != result.RatedLow || b.RatedBy != "debian" || b.Title != "" ||
		!slices.Equal(b.Refs, []string{"https://example.com/CVE-2026-2"}) {
		t.Errorf("%+v", b)
	}
	if p := b.Packages[0]; p.Installed != "1:2.38.1-5+deb12u3" || p.Source != "util-linux" || !p.Layer.Base {
		t.Errorf("%+v", p)
	}
	if len(res.Gaps) != 1 || !res.Gaps[0].Known || !strings.Contains(res.Gaps[0].String(), "1 packages: they have no version") {
		t.Errorf("gaps %v", res.Gaps)
	}

	// The list is stored once.
	s.Calls = nil
	if _, err := e.Scan(t.Context(), "shop/web:1"); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(s.Calls, func(p string) bool { return strings.HasSuffix(p, "/PutBlob") }) {
		t.Errorf("stored again: %v", s.Calls)
	}
	// And again if the server forgot it meanwhile.
	s.Forget = true
	if res, err := e.Scan(t.Context(), "shop/web:1"); err != nil || len(res.Vulnerabilities) != 2 {
		t.Errorf("after the server forgot: %v", err)
	}
}

func TestServerRefuses(t *testing.T) {
	fresh := now.Add(-time.Hour)
	answer := func(path, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, path) {
				return false
			}
			fmt.Fprint(w, body)
			return true
		}
	}
	for name, tt := range map[string]struct {
		s    *imagetest.Trivy
		want string
	}{
		"token":          {&imagetest.Trivy{Token: "other", Updated: fresh}, `refused the credentials: HTTP status 401 ("invalid token")`},
		"no database":    {&imagetest.Trivy{}, "has no vulnerability database"},
		"stale":          {&imagetest.Trivy{Updated: now.Add(-6 * 24 * time.Hour)}, "is of 2026-11-19, older than 120h"},
		"no Trivy":       {&imagetest.Trivy{Updated: fresh, Intercept: answer("/version", "<html>")}, "cannot be read"},
		"half a body":    {&imagetest.Trivy{Updated: fresh, Intercept: answer("/Scan", `{"results":[{"class":"os-pkgs"`)}, "broke off"},
		"unknown id":     {&imagetest.Trivy{Updated: fresh, Intercept: answer("/Scan", `{"results":[{"class":"os-pkgs","vulnerabilities":[{"vulnerability_id":"CVE-1","pkg_id":"other@1"}]}]}`)}, "a package that the image does not hold"},
		"no id":          {&imagetest.Trivy{Updated: fresh, Intercept: answer("/Scan", `{"results":[{"class":"os-pkgs","vulnerabilities":[{"vulnerability_id":"a\nb","pkg_id":"bsdutils@1:2.38.1-5+deb12u3"}]}]}`)}, "no id of an advisory"},
		"always forgets": {&imagetest.Trivy{Updated: fresh, Intercept: func(w http.ResponseWriter, r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/PutBlob") }}, "layer cache missing"},
	} {
		t.Run(name, func(t *testing.T) {
			l := debian()
			_, err := engine(t, tt.s.Start(t), l, "tok").Scan(t.Context(), "shop/web:1")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if strings.Contains(name, "stale") && l.asked > 0 {
				t.Error("the image was read for nothing")
			}
		})
	}
}

// TestServerGaps: what the server passes over in silence is told.
func TestServerGaps(t *testing.T) {
	for name, tt := range map[string]struct {
		s     *imagetest.Trivy
		id    string
		want  string
		known bool
	}{
		"unknown distribution": {&imagetest.Trivy{Without: "os-pkgs"}, "nobodys", "1 packages of", false},
		"unknown type":         {&imagetest.Trivy{Without: "lang-pkgs"}, "debian", "2 packages of type node-pkg", false},
		"empty answer": {&imagetest.Trivy{Intercept: func(w http.ResponseWriter, r *http.Request) bool {
			yes := strings.HasSuffix(r.URL.Path, "/Scan")
			if yes {
				fmt.Fprint(w, "{}")
			}
			return yes
		}}, "debian", "1 packages of", false},
		"ended":   {&imagetest.Trivy{EOSL: true}, "debian", "no longer maintains", true},
		"modules": {&imagetest.Trivy{}, "rhel", "does not name the modules", true},
	} {
		t.Run(name, func(t *testing.T) {
			l := debian()
			l.inv.Distro.ID = tt.id
			tt.s.Updated = now
			res, err := engine(t, tt.s.Start(t), l, "").Scan(t.Context(), "x")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(res.Gaps, func(g image.Gap) bool { return strings.Contains(g.String(), tt.want) && g.Known == tt.known }) {
				t.Errorf("gaps %v, want %q", res.Gaps, tt.want)
			}
		})
	}
}
