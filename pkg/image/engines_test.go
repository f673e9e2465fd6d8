package image_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/clair"
	"github.com/kustoms-dev/kustoms/pkg/image/db"
	"github.com/kustoms-dev/kustoms/pkg/image/native"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/image/service"
	"github.com/kustoms-dev/kustoms/pkg/image/trivy"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
	"github.com/kustoms-dev/kustoms/pkg/network"
)

// TestEnginesAgree: exchanges that were recorded with a real Trivy server, a
// real trivy and a real Clair, and real advisories, about one image: every
// engine lists the same packages of the distribution and the same (package,
// CVE) pairs. KUSTOMS_FIXTURES names the folder of the recordings.
func TestEnginesAgree(t *testing.T) {
	dir := os.Getenv("KUSTOMS_FIXTURES")
	if dir == "" {
		t.Skip("KUSTOMS_FIXTURES names no folder of recorded exchanges (trivy-server, trivy-cli, clair, osv)")
	}
	when := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	host := imagetest.Registry(t)
	// The list of the image's packages makes an image that lists the same.
	ref := imagetest.Push(t, host, "team/app:1", imagetest.Image(t,
		imagetest.Layer(t, imagetest.File{Name: "etc/os-release", Body: "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"},
			imagetest.File{Name: "var/lib/dpkg/status", Body: dpkgStatus(t, filepath.Join(dir, "osv/debian-12-packages.txt"))}),
		imagetest.Layer(t, imagetest.File{Name: "x", Body: "x"})))
	tr, err := network.Policy{Allow: true, Insecure: []string{host}}.Transport()
	if err != nil {
		t.Fatal(err)
	}
	reader, err := registry.New(registry.Options{Transport: tr, Insecure: []string{host}})
	if err != nil {
		t.Fatal(err)
	}
	age := func() time.Time { return when }

	osv := t.TempDir()
	if err := os.Mkdir(filepath.Join(osv, "Debian"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "osv/debian-12.zip"), filepath.Join(osv, "Debian/all.zip")); err != nil {
		t.Fatal(err)
	}
	src, err := db.NewSource(osv, db.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	data := &db.Opener{Store: &db.Store{Dir: t.TempDir(), Now: time.Now}, Source: src}
	t.Cleanup(func() { data.Close() })
	own := native.New(native.Options{Registry: reader, Data: data, Unimportant: true})

	server := recordedServer(t, filepath.Join(dir, "trivy-server"))
	cli := recordedProgram(t, filepath.Join(dir, "trivy-cli/image-report.json"))
	report, err := os.ReadFile(filepath.Join(dir, "clair/vulnerability_report.json"))
	if err != nil {
		t.Fatal(err)
	}
	recorded := (&imagetest.Clair{Updated: when, Report: relocated(string(report), "@DIGEST@", "@LAYER0@", "@LAYER1@")}).Start(t)

	engines := map[string]image.Scanner{
		"native":       own,
		"trivy-server": trivy.NewServer(trivy.ServerOptions{Service: asked(t, server.URL), Lister: own, Age: trivy.Age{Max: db.DefaultMaxAge, Now: age}}),
		"trivy":        trivy.NewProgram(trivy.ProgramOptions{Path: cli, Registry: reader, Offline: true, Env: os.Environ(), Age: trivy.Age{Max: db.DefaultMaxAge, Now: age}}),
		"clair":        clair.New(clair.Options{Service: asked(t, recorded.URL), Registry: reader, MaxAge: db.DefaultMaxAge, Now: age}),
	}
	var packages, pairs []string
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(engines))) {
		res, err := engines[name].Scan(t.Context(), ref)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var ps, vs []string
		for _, p := range res.Packages {
			if p.OS {
				ps = append(ps, strings.Join([]string{p.Name, p.Version, p.Source, p.SourceVersion, p.Ecosystem}, " "))
			}
		}
		for _, v := range res.Vulnerabilities {
			for _, p := range v.Packages {
				if strings.HasPrefix(p.Ecosystem, "Debian") {
					vs = append(vs, fmt.Sprintf("%s %s %s→%s", v.ID, p.Name, p.Installed, p.Fixed))
				}
			}
		}
		slices.Sort(ps)
		slices.Sort(vs)
		t.Logf("%s (%s): %d packages, %d pairs", name, res.Engine, len(ps), len(vs))
		if packages == nil {
			packages, pairs = ps, vs
		}
		differ(t, name+" packages", packages, ps)
		differ(t, name+" pairs", pairs, vs)
		for _, g := range res.Gaps {
			if !g.Known {
				t.Errorf("%s: %s", name, g)
			}
		}
	}
	if len(packages) != 140 || len(pairs) != 169 {
		t.Errorf("%d packages and %d pairs, and not what was measured", len(packages), len(pairs))
	}
}

func differ(t *testing.T, what string, want, got []string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s: missing %s", what, w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			t.Errorf("%s: too much: %s", what, g)
		}
	}
}

func dpkgStatus(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		c := strings.Fields(line)
		fmt.Fprintf(&b, "Package: %s\nStatus: install ok installed\nArchitecture: amd64\nSource: %s (%s)\nVersion: %s\n\n", c[0], c[2], c[3], c[1])
	}
	return b.String()
}

func asked(t *testing.T, addr string) service.Client {
	t.Helper()
	u, err := service.Parse(addr)
	if err != nil {
		t.Fatal(err)
	}
	hc, err := network.Policy{Allow: true, Insecure: []string{u.Host}, Retries: -1}.Client()
	if err != nil {
		t.Fatal(err)
	}
	return service.Client{Base: u, HTTP: hc}
}

// recordedServer answers as the recorded one did, and holds what is sent to
// what was.
func recordedServer(t *testing.T, dir string) *imagetest.Trivy {
	t.Helper()
	version, err := os.ReadFile(filepath.Join(dir, "version.json"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "exchange.json"))
	if err != nil {
		t.Fatal(err)
	}
	var exchanges []struct {
		Path              string
		Request, Response json.RawMessage
	}
	if err := json.Unmarshal(text, &exchanges); err != nil {
		t.Fatal(err)
	}
	var put struct {
		BlobInfo imagetest.TrivyBlob `json:"blob_info"`
	}
	var answer json.RawMessage
	for _, x := range exchanges {
		switch {
		case strings.HasSuffix(x.Path, "/PutBlob"):
			if err := json.Unmarshal(x.Request, &put); err != nil {
				t.Fatal(err)
			}
		case strings.HasSuffix(x.Path, "/Scan") && answer == nil:
			answer = x.Response
		}
	}
	s := &imagetest.Trivy{}
	s.Intercept = func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.URL.Path == "/version":
			w.Write(version)
		case strings.HasSuffix(r.URL.Path, "/Scan"):
			differ(t, "what is sent", spelled(put.BlobInfo), spelled(s.Sent))
			w.Write(answer)
		default:
			return false
		}
		return true
	}
	return s.Start(t)
}

// spelled is a list as Trivy takes it apart.
func spelled(b imagetest.TrivyBlob) []string {
	var out []string
	for _, ps := range b.Packages {
		for _, p := range ps.Packages {
			var parts []string
			for _, k := range []string{"id", "name", "version", "release", "epoch", "src_name", "src_version", "src_release", "src_epoch"} {
				v := p[k]
				if v == nil && strings.HasSuffix(k, "epoch") {
					v = 0
				}
				if v == nil {
					v = ""
				}
				parts = append(parts, fmt.Sprint(v))
			}
			out = append(out, strings.Join(parts, "|"))
		}
	}
	return out
}

// recordedProgram prints the recorded report.
func recordedProgram(t *testing.T, file string) string {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to stand in for trivy")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rep struct {
		Trivy struct{ Server json.RawMessage }
	}
	if err := json.Unmarshal(text, &rep); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"report": text, "version": bytes.TrimSpace(rep.Trivy.Server),
		"trivy": []byte("#!" + sh + "\ncase $1 in image) cat " + dir + "/report;; version) cat " + dir + "/version;; esac\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "trivy")
}

// relocated puts marks in place of the recorded image's digests.
func relocated(text, digest string, layers ...string) string {
	var rep struct {
		Hash         string `json:"manifest_hash"`
		Environments map[string][]struct {
			In string `json:"introduced_in"`
		}
	}
	if json.Unmarshal([]byte(text), &rep) != nil {
		return text
	}
	text = strings.ReplaceAll(text, rep.Hash, digest)
	seen := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(rep.Environments)) {
		for _, e := range rep.Environments[id] {
			if !seen[e.In] && len(seen) < len(layers) {
				text = strings.ReplaceAll(text, e.In, layers[len(seen)])
				seen[e.In] = true
			}
		}
	}
	return text
}
