package share_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	gcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/image/share"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
	"github.com/kustoms-dev/kustoms/pkg/network"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// fleet is a registry with an image, and counts what is asked of it.
type fleet struct {
	host, ref string
	mu        sync.Mutex
	asked     []string
	deny      string // method or part of a path that is refused
}

func newFleet(t *testing.T, referrers bool) *fleet {
	t.Helper()
	f := &fleet{}
	h := gcr.New(gcr.Logger(log.New(io.Discard, "", 0)), gcr.WithReferrersSupport(referrers))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.asked = append(f.asked, r.Method+" "+r.URL.Path)
		deny := f.deny
		f.mu.Unlock()
		if deny != "" && (r.Method == deny || strings.Contains(r.URL.Path, deny)) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	f.host = strings.TrimPrefix(s.URL, "http://")
	f.ref = imagetest.Push(t, f.host, "shop/web:1", imagetest.Image(t, imagetest.Layer(t, imagetest.File{Name: "a", Body: "1"}), imagetest.Layer(t, imagetest.File{Name: "b", Body: "2"})))
	return f
}

func (f *fleet) reader(t *testing.T) *registry.Reader {
	t.Helper()
	tr, err := network.Policy{Allow: true, Insecure: []string{f.host}}.Transport()
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.New(registry.Options{Transport: tr, Insecure: []string{f.host}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// engine finds the same each time, and counts.
type engine struct {
	reader *registry.Reader
	scans  int
	gaps   []image.Gap
	data   time.Time
}

func (e *engine) Scan(ctx context.Context, ref string) (*image.Result, error) {
	e.scans++
	img, err := e.reader.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	inv := image.Inventory{
		Image: img.ID, Layers: img.Layers, Distro: image.Distro{ID: "debian", Version: "12", Name: "Debian 12"}, Gaps: e.gaps,
		Packages: []image.Package{{Name: "libssl3", Version: "3.0.11-1", Ecosystem: "Debian:12", PURL: "pkg:deb/debian/libssl3@3.0.11-1", Path: "var/lib/dpkg/status", OS: true, Licenses: []string{"Apache-2.0"}}},
	}
	inv.Image.OS = "Debian 12"
	return &image.Result{Inventory: inv, Engine: "native", DataFrom: e.data, Vulnerabilities: []result.Vulnerability{{
		ID: "CVE-2026-1", Rating: result.RatedHigh, CVSS: []result.CVSS{{Version: "3.1", Score: 7.5, Vector: "x"}}, Image: inv.Image,
		Packages: []result.AffectedPackage{{Name: "libssl3", Installed: "3.0.11-1", Fixed: "3.0.12-1", PURL: "pkg:deb/debian/libssl3@3.0.11-1", Layer: img.Layers[0]}},
	}}}, nil
}

// runner is a run of its own.
func (f *fleet) runner(t *testing.T, at time.Time, change func(*share.Options, *engine)) (*share.Scanner, *engine) {
	t.Helper()
	r := f.reader(t)
	e := &engine{reader: r, data: now.Add(-time.Hour)}
	o := share.Options{Registry: r, Write: true, MaxAge: 24 * time.Hour, DataMaxAge: 5 * 24 * time.Hour, Now: func() time.Time { return at }, Engine: "native", Format: "1/1", Version: "1.0"}
	if change != nil {
		change(&o, e)
	}
	return share.New(o).Before(e), e
}

func TestShare(t *testing.T) {
	for name, referrers := range map[string]bool{"referrers": true, "fallback tag": false} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t, referrers)
			one, e := f.runner(t, now, nil)
			first, err := one.Scan(t.Context(), f.ref)
			if err != nil || e.scans != 1 || len(first.Gaps) > 0 {
				t.Fatalf("%v, %d scans, %v", err, e.scans, first)
			}
			// Another run, without a right to push.
			f.asked, f.deny = nil, ""
			two, e := f.runner(t, now.Add(time.Hour), func(o *share.Options, _ *engine) { o.Write = false })
			second, err := two.Scan(t.Context(), f.ref)
			if err != nil || e.scans != 0 {
				t.Fatalf("%v, %d scans", err, e.scans)
			}
			if !reflect.DeepEqual(first, second) {
				t.Errorf("a shared result differs:\n%+v\n%+v", first, second)
			}
			for _, a := range f.asked {
				if !strings.HasPrefix(a, "GET ") && !strings.HasPrefix(a, "HEAD ") {
					t.Errorf("a reader wrote: %s", a)
				}
				if strings.Contains(a, first.Layers[0].Digest) || strings.Contains(a, first.Layers[1].Digest) {
					t.Errorf("a layer was pulled: %s", a)
				}
			}
		})
	}
}

// TestTaken: what is not to be taken is scanned.
func TestTaken(t *testing.T) {
	for name, tt := range map[string]struct {
		write  func(*share.Options, *engine)
		read   func(*share.Options, *engine)
		at     time.Duration
		scans  int
		listed bool // the list of packages is known
	}{
		"young":               {at: 23 * time.Hour, scans: 0},
		"old":                 {at: 25 * time.Hour, scans: 1, listed: true},
		"any age":             {at: 100 * time.Hour, read: func(o *share.Options, _ *engine) { o.MaxAge = 0 }, scans: 0},
		"old advisories":      {write: func(_ *share.Options, e *engine) { e.data = now.Add(-6 * 24 * time.Hour) }, scans: 1, listed: true},
		"no date":             {write: func(_ *share.Options, e *engine) { e.data = time.Time{} }, scans: 1, listed: true},
		"from the future":     {at: -time.Hour, scans: 1},
		"advisories of later": {write: func(_ *share.Options, e *engine) { e.data = now.Add(time.Hour) }, scans: 1},
		"other engine":        {read: func(o *share.Options, _ *engine) { o.Engine = "clair" }, scans: 1},
		"other format":        {read: func(o *share.Options, _ *engine) { o.Format = "1/2" }, scans: 1},
		"incomplete":          {write: func(_ *share.Options, e *engine) { e.gaps = []image.Gap{{What: "a file", Why: "is damaged"}} }, scans: 1},
		"with a known gap": {write: func(_ *share.Options, e *engine) {
			e.gaps = []image.Gap{{What: "modules", Why: "in part", Known: true}}
		}, scans: 0},
		"read alone": {write: func(o *share.Options, _ *engine) { o.Write = false }, scans: 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t, true)
			one, _ := f.runner(t, now, tt.write)
			if _, err := one.Scan(t.Context(), f.ref); err != nil {
				t.Fatal(err)
			}
			two, e := f.runner(t, now.Add(tt.at), tt.read)
			if _, err := two.Scan(t.Context(), f.ref); err != nil || e.scans != tt.scans {
				t.Errorf("%v, scanned %d times, want %d", err, e.scans, tt.scans)
			}
			img, err := f.reader(t).Open(t.Context(), f.ref)
			if err != nil {
				t.Fatal(err)
			}
			if inv := two.Known(img); (inv != nil) != tt.listed || inv != nil && len(inv.Packages) != 1 {
				t.Errorf("list known: %v, want %v", inv, tt.listed)
			}
		})
	}
}

// TestForeign: whoever may push may attach what they like.
func TestForeign(t *testing.T) {
	f := newFleet(t, true)
	r := f.reader(t)
	img, err := r.Open(t.Context(), f.ref)
	if err != nil {
		t.Fatal(err)
	}
	one, _ := f.runner(t, now, nil)
	if _, err := one.Scan(t.Context(), f.ref); err != nil {
		t.Fatal(err)
	}
	var good []byte
	if err := r.Attached(t.Context(), img, share.StatementType, 1<<20, 8, func(d []byte) bool { good = d; return true }); err != nil || good == nil {
		t.Fatalf("%v", err)
	}
	for name, text := range map[string]string{
		"no JSON":        "{",
		"empty":          "{}",
		"of another":     strings.ReplaceAll(string(good), strings.TrimPrefix(img.ID.Digest, "sha256:"), strings.Repeat("0", 64)),
		"layer too high": strings.Replace(string(good), `"layer":0`, `"layer":7`, 1),
		"index too high": strings.Replace(string(good), `"layer":{"index":0`, `"layer":{"index":9`, 1),
		"no packages":    strings.Replace(string(good), `"packages":[{"name":"libssl3","installed"`, `"packages":[],"x":[{"name":"libssl3","installed"`, 1),
		"odd id":         strings.Replace(string(good), `"id":"CVE-2026-1","rating"`, `"id":"::error::\u001b[2J","rating"`, 1),
		"odd rating":     strings.Replace(string(good), `"rating":"high"`, `"rating":"splendid"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			if text == string(good) {
				t.Fatal("the change found nothing to change")
			}
			g := newFleet(t, true)
			r := g.reader(t)
			img, err := r.Open(t.Context(), g.ref)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Attach(t.Context(), img, share.StatementType, []byte(text), now.Format(time.RFC3339), nil); err != nil {
				t.Fatal(err)
			}
			s, e := g.runner(t, now, nil)
			if _, err := s.Scan(t.Context(), g.ref); err != nil || e.scans != 1 {
				t.Errorf("%v, scanned %d times", err, e.scans)
			}
			// The good one beside it is still found.
			s, e = g.runner(t, now, nil)
			if _, err := s.Scan(t.Context(), g.ref); err != nil || e.scans != 0 {
				t.Errorf("%v, scanned %d times", err, e.scans)
			}
		})
	}
}

// TestCannot: a registry that lists or takes nothing fails no scan, and the
// result says so.
func TestCannot(t *testing.T) {
	for deny, want := range map[string]string{http.MethodPost: "were not shared", "/referrers/": "listing what is attached"} {
		f := newFleet(t, true)
		f.deny = deny
		s, e := f.runner(t, now, nil)
		res, err := s.Scan(t.Context(), f.ref)
		if err != nil || e.scans != 1 || !slices.ContainsFunc(res.Gaps, func(g image.Gap) bool { return g.Known && strings.Contains(g.Why, want) }) {
			t.Errorf("%s: %v, %+v", deny, err, res)
		}
	}
}

// TestDocuments: others can read what is attached.
func TestDocuments(t *testing.T) {
	f := newFleet(t, true)
	s, _ := f.runner(t, now, nil)
	if _, err := s.Scan(t.Context(), f.ref); err != nil {
		t.Fatal(err)
	}
	r := f.reader(t)
	img, err := r.Open(t.Context(), f.ref)
	if err != nil {
		t.Fatal(err)
	}
	read := func(kind string) (out []byte) {
		if err := r.Attached(t.Context(), img, kind, 1<<20, 8, func(d []byte) bool { out = d; return true }); err != nil || out == nil {
			t.Fatalf("%s: %v", kind, err)
		}
		return out
	}
	var st struct {
		Type          string `json:"_type"`
		PredicateType string
		Subject       []struct{ Digest map[string]string }
		Predicate     struct {
			Scanner struct {
				URI    string
				DB     struct{ LastUpdate time.Time }
				Result []struct {
					ID       string
					Severity []struct{ Method, Score string }
				}
			}
			Metadata struct{ ScanFinishedOn time.Time }
		}
	}
	if err := json.Unmarshal(read(share.StatementType), &st); err != nil {
		t.Fatal(err)
	}
	p := st.Predicate
	if st.Type != "https://in-toto.io/Statement/v1" || st.PredicateType != "https://in-toto.io/attestation/vulns/v0.1" || "sha256:"+st.Subject[0].Digest["sha256"] != img.ID.Digest ||
		!p.Scanner.DB.LastUpdate.Equal(now.Add(-time.Hour)) || !p.Metadata.ScanFinishedOn.Equal(now) || len(p.Scanner.Result) != 1 || p.Scanner.Result[0].ID != "CVE-2026-1" || p.Scanner.Result[0].Severity[1].Score != "7.5" {
		t.Errorf("%+v", st)
	}
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(read(share.BOMType)), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	if bom.SpecVersion != cdx.SpecVersion1_6 || len(*bom.Components) != 2 || (*bom.Components)[1].PackageURL != "pkg:deb/debian/libssl3@3.0.11-1" || bom.Metadata.Component.Version != img.ID.Digest {
		t.Errorf("%+v", bom)
	}
}
