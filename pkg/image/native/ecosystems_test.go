package native_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/db"
	"github.com/kustoms-dev/kustoms/pkg/image/native"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

type file = imagetest.File

// pairs lists "package installed ID→fixed@layer" of a result.
func pairs(r *image.Result) []string {
	var out []string
	for _, v := range r.Vulnerabilities {
		for _, p := range v.Packages {
			out = append(out, fmt.Sprintf("%s %s %s→%s@%d", p.Name, p.Installed, v.ID, p.Fixed, p.Layer.Index))
		}
	}
	slices.Sort(out)
	return out
}

func jar(t *testing.T, group, artifact, version string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("META-INF/maven/" + group + "/" + artifact + "/pom.properties")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, "groupId=%s\nartifactId=%s\nversion=%s\n", group, artifact, version)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestLanguages: each language's packages as they lie in an image, one
// advisory that applies and one that is mended.
func TestLanguages(t *testing.T) {
	img := imagetest.Image(t,
		imagetest.Layer(t, file{Name: "etc/hostname", Body: "x"}),
		imagetest.Layer(t,
			file{Name: "app/node_modules/lodash/package.json", Body: `{"name":"lodash","version":"4.17.20"}`},
			file{Name: "app/node_modules/@scope/pkg/package.json", Body: `{"name":"@scope/pkg","version":"2.0.0"}`},
			file{Name: "usr/lib/python3.12/site-packages/Jinja2-3.1.2.dist-info/METADATA", Body: "Metadata-Version: 2.1\nName: Jinja2\nVersion: 3.1.2\n\ntext"},
			file{Name: "usr/lib/ruby/gems/3.2.0/specifications/rack-2.2.3.gemspec", Body: "Gem::Specification.new do |s|\n  s.name = \"rack\".freeze\n  s.version = \"2.2.3\"\nend\n"},
			file{Name: "app/lib/log4j-core-2.14.1.jar", Body: jar(t, "org.apache.logging.log4j", "log4j-core", "2.14.1")},
		))
	src := t.TempDir()
	for _, c := range []struct{ eco, pkg, bad, good string }{
		{"npm", "lodash", "4.17.21", "4.17.20"},
		{"npm", "@scope/pkg", "2.0.1", "2.0.0-rc.1"},
		{"PyPI", "jinja2", "3.1.3", "3.1.2"},
		{"RubyGems", "rack", "2.2.3.1", "2.2.3"},
		{"Maven", "org.apache.logging.log4j:log4j-core", "2.15.0", "2.14.1"},
	} {
		var have []any
		if c.eco == "npm" && c.pkg != "lodash" {
			have = append(have, imagetest.Advisory("BAD-npm", "npm", "lodash", "4.17.21"), imagetest.Advisory("GOOD-npm", "npm", "lodash", "4.17.20"))
		}
		imagetest.OSV(t, src, c.eco, append(have, imagetest.Advisory("BAD-"+c.pkg, c.eco, c.pkg, c.bad), imagetest.Advisory("GOOD-"+c.pkg, c.eco, c.pkg, c.good))...)
	}
	res, err := scanner(t, src).Scan(context.Background(), imagetest.Folder(t, img))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"@scope/pkg 2.0.0 BAD-@scope/pkg→2.0.1@1",
		"Jinja2 3.1.2 BAD-jinja2→3.1.3@1",
		"lodash 4.17.20 BAD-npm→4.17.21@1",
		"org.apache.logging.log4j:log4j-core 2.14.1 BAD-org.apache.logging.log4j:log4j-core→2.15.0@1",
		"rack 2.2.3 BAD-rack→2.2.3.1@1",
	}
	if got := pairs(res); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestGoBinary builds a real program and looks it up.
func TestGoBinary(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("go is not installed")
	}
	bin := filepath.Join(t.TempDir(), "kustoms")
	cmd := exec.Command(goTool, "build", "-o", bin, "github.com/kustoms-dev/kustoms/pkg/internal/gen/docs")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(bin)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(goTool, "version", "-m", bin).Output()
	if err != nil {
		t.Fatal(err)
	}
	var mods []string
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 2 && f[0] == "dep" {
			mods = append(mods, f[1]+" "+strings.TrimPrefix(f[2], "v"))
		}
	}
	src := imagetest.OSV(t, t.TempDir(), "Go",
		imagetest.Advisory("GO-1", "Go", "stdlib", "9.0.0"), imagetest.Advisory("GO-2", "Go", "stdlib", "1.0.0"))
	res, err := scanner(t, src).Scan(context.Background(), imagetest.Folder(t, imagetest.Image(t, imagetest.Layer(t, file{Name: "usr/bin/tool", Body: string(data), Mode: 0o755}))))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range res.Packages {
		if p.Name != "stdlib" && p.Version != "" && p.Name != "github.com/kustoms-dev/kustoms" {
			got = append(got, p.Name+" "+p.Version)
		}
	}
	slices.Sort(mods)
	if !slices.Equal(got, mods) || len(mods) == 0 {
		t.Errorf("got %v\nwant %v", got, mods)
	}
	if len(res.Vulnerabilities) != 1 || res.Vulnerabilities[0].ID != "GO-1" {
		t.Errorf("%v", pairs(res))
	}
}

// TestApk reads apk's database: origins, and a package that apk owns.
func TestApk(t *testing.T) {
	img := imagetest.Image(t, imagetest.Layer(t,
		file{Name: "etc/os-release", Body: "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME=\"Alpine Linux v3.20\"\n"},
		file{Name: "lib/apk/db/installed", Body: "C:Q1x=\nP:libcrypto3\nV:3.3.1-r0\nA:x86_64\no:openssl\nL:Apache-2.0\nF:lib\nR:libcrypto.so.3\n\n" +
			"C:Q1y=\nP:py3-yaml\nV:6.0.1-r3\nA:x86_64\no:py3-yaml\nF:usr/lib/python3.12/site-packages/PyYAML-6.0.1.dist-info\nR:METADATA\n\n"},
		file{Name: "usr/lib/python3.12/site-packages/PyYAML-6.0.1.dist-info/METADATA", Body: "Metadata-Version: 2.1\nName: PyYAML\nVersion: 6.0.1\n"},
	))
	src := imagetest.OSV(t, t.TempDir(), "Alpine",
		imagetest.Advisory("ALPINE-1", "Alpine:v3.20", "openssl", "3.3.1-r1"),
		imagetest.Advisory("ALPINE-2", "Alpine:v3.20", "openssl", "3.3.1-r0"),
		imagetest.Advisory("ALPINE-3", "Alpine:v3.19", "openssl", "3.3.9-r0"),
		imagetest.Advisory("ALPINE-4", "Alpine:v3.20", "libcrypto3", "9-r0")) // no origin
	imagetest.OSV(t, src, "PyPI", imagetest.Advisory("PYSEC-1", "PyPI", "pyyaml", "7.0"))
	res, err := scanner(t, src).Scan(context.Background(), imagetest.Folder(t, img))
	if err != nil {
		t.Fatal(err)
	}
	if got := pairs(res); !slices.Equal(got, []string{"libcrypto3 3.3.1-r0 ALPINE-1→3.3.1-r1@0"}) {
		t.Errorf("%v", got)
	}
	if res.Image.OS != "Alpine Linux v3.20" || len(res.Gaps) > 0 {
		t.Errorf("%+v %v", res.Image, res.Gaps)
	}
}

// TestRpm makes a real database with rpm itself.
func TestRpm(t *testing.T) {
	rpm, err := exec.LookPath("rpm")
	if err != nil {
		t.Skip("rpm is not installed (a package of Debian)")
	}
	rpmbuild, err := exec.LookPath("rpmbuild")
	if err != nil {
		t.Skip("rpmbuild is not installed (Debian's package rpm)")
	}
	dir := t.TempDir()
	spec := filepath.Join(dir, "bash.spec")
	if err := os.WriteFile(spec, []byte(`Name: bash
Epoch: 1
Version: 5.1.8
Release: 6.el9
Summary: made up
License: MIT
BuildArch: noarch
%description
made up
%package libs
Summary: made up
%description libs
made up
%install
mkdir -p %{buildroot}/usr/lib/node_modules/owned
echo '{"name":"owned","version":"1.0.0"}' > %{buildroot}/usr/lib/node_modules/owned/package.json
%files
/usr/lib/node_modules/owned/package.json
%files libs
`), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(rpmbuild, "-bb", "--define", "_topdir "+dir, "--define", "_build_id_links none", spec).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	built, err := filepath.Glob(filepath.Join(dir, "RPMS", "*", "*.rpm"))
	if err != nil || len(built) != 2 {
		t.Fatalf("built %v", built)
	}
	dbDir := filepath.Join(dir, "db")
	args := append([]string{"-i", "--justdb", "--nodeps", "--noscripts", "--define", "_dbpath " + dbDir, "--define", "_db_backend sqlite"}, built...)
	if out, err := exec.Command(rpm, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(dbDir, "rpmdb.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	img := imagetest.Image(t, imagetest.Layer(t,
		file{Name: "etc/os-release", Body: "ID=\"rocky\"\nVERSION_ID=\"9.3\"\nPRETTY_NAME=\"Rocky Linux 9.3\"\n"},
		file{Name: "var/lib/rpm/rpmdb.sqlite", Body: string(data)},
		file{Name: "usr/lib/node_modules/owned/package.json", Body: `{"name":"owned","version":"1.0.0"}`},
		file{Name: "usr/lib/node_modules/ours/package.json", Body: `{"name":"ours","version":"1.0.0"}`},
	))
	src := imagetest.OSV(t, t.TempDir(), "Rocky Linux",
		imagetest.Advisory("RLSA-1", "Rocky Linux:9", "bash", "1:5.1.8-7.el9"),
		imagetest.Advisory("RLSA-2", "Rocky Linux:9", "bash", "1:5.1.8-6.el9"),
		imagetest.Advisory("RLSA-3", "Rocky Linux:9", "bash", "0:9.9-1.el9"),
		imagetest.Advisory("RLSA-4", "Rocky Linux:8", "bash", ""))
	imagetest.OSV(t, src, "npm", imagetest.Advisory("X-1", "npm", "owned", ""), imagetest.Advisory("X-2", "npm", "ours", ""))
	res, err := scanner(t, src).Scan(context.Background(), imagetest.Folder(t, img))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"bash 1:5.1.8-6.el9 RLSA-1→1:5.1.8-7.el9@0", "bash-libs 1:5.1.8-6.el9 RLSA-1→1:5.1.8-7.el9@0", "ours 1.0.0 X-2→@0"}
	if got := pairs(res); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// TestCoverage: what the data does not cover is said, and fails.
func TestCoverage(t *testing.T) {
	status := file{Name: "var/lib/dpkg/status", Body: "Package: a\nStatus: install ok installed\nVersion: 1\n\n"}
	for _, tt := range []struct {
		name, release string
		known         bool
		want          string
	}{
		{"no os-release", "", false, "does not say which"},
		{"unknown", "ID=nobodys\nVERSION_ID=7\nPRETTY_NAME=\"Nobody's 7\"\n", false, `1 packages of "Nobody's 7": no OSV database`},
		{"testing", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux trixie/sid\"\n", false, "no OSV database"},
	} {
		img := imagetest.Image(t, imagetest.Layer(t, status, file{Name: "etc/os-release", Body: tt.release}))
		res, err := scanner(t, t.TempDir()).Scan(context.Background(), imagetest.Folder(t, img))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if len(res.Gaps) != 1 || res.Gaps[0].Known != tt.known || !strings.Contains(res.Gaps[0].String(), tt.want) {
			t.Errorf("%s: %v", tt.name, res.Gaps)
		}
	}
	res, err := scanner(t, t.TempDir()).Scan(context.Background(), imagetest.Folder(t, imagetest.Image(t, imagetest.Layer(t, file{Name: "pause", Body: "\x7fELF", Mode: 0o755}))))
	if err != nil || len(res.Gaps) != 1 || !res.Gaps[0].Known {
		t.Errorf("an image without packages: %v %v", res, err)
	}
}

// TestSharedLayers reads a layer that two images share once in a run, and not
// at all where an earlier run kept it.
func TestSharedLayers(t *testing.T) {
	host := imagetest.Registry(t)
	base := imagetest.Layer(t, file{Name: "app/base/package.json", Body: `{"name":"base","version":"1.0.0"}`})
	one := imagetest.Push(t, host, "one:1", imagetest.Image(t, base, imagetest.Layer(t, file{Name: "a", Body: "1"})))
	two := imagetest.Push(t, host, "two:1", imagetest.Image(t, base, imagetest.Layer(t, file{Name: "b", Body: "2"})))
	var blobs atomic.Int64
	count := roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "/blobs/") {
			blobs.Add(1)
		}
		return http.DefaultTransport.RoundTrip(r)
	})
	kept := cache.Open(t.TempDir())
	scan := func(want int64) {
		t.Helper()
		blobs.Store(0)
		r, err := registry.New(registry.Options{Transport: count, Insecure: []string{host}, Cache: kept, Secrets: func(string, string) []result.Finding { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		src, err := db.NewSource(imagetest.OSV(t, t.TempDir(), "npm", imagetest.Advisory("X-1", "npm", "base", "")), db.SourceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		data := &db.Opener{Store: &db.Store{Dir: t.TempDir(), Now: time.Now}, Source: src}
		defer data.Close()
		s := image.Once(native.New(native.Options{Registry: r, Data: data, Cache: kept}), 2)
		for _, ref := range []string{one, two, one} {
			res, err := s.Scan(context.Background(), ref)
			if err != nil {
				t.Fatal(err)
			}
			if got := pairs(res); !slices.Equal(got, []string{"base 1.0.0 X-1→@0"}) || !res.Vulnerabilities[0].Packages[0].Layer.Base {
				t.Errorf("%s: %v", ref, got)
			}
		}
		if n := blobs.Load(); n != want {
			t.Errorf("%d blobs were read, want %d", n, want)
		}
	}
	scan(2 + 3) // two configurations, three layers
	scan(0)     // manifests alone
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestWrongContent: layers that are not what the image says are refused.
func TestWrongContent(t *testing.T) {
	host := imagetest.Registry(t)
	ref := imagetest.Push(t, host, "x:1", imagetest.Image(t, imagetest.Layer(t, file{Name: "a/package.json", Body: `{"name":"a","version":"1.0.0"}`})))
	for name, change := range map[string]func([]byte) []byte{
		"cut off":  func(b []byte) []byte { return b[:len(b)/2] },
		"longer":   func(b []byte) []byte { return append(b, b...) },
		"replaced": func(b []byte) []byte { c := slices.Clone(b); c[len(c)/2] ^= 1; return c },
		"empty":    func([]byte) []byte { return nil },
	} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			res, err := http.Get("http://" + host + r.URL.Path)
			if err != nil {
				http.Error(w, err.Error(), 500)
				return
			}
			defer res.Body.Close()
			_, _ = rec.Body.ReadFrom(res.Body)
			body := rec.Body.Bytes()
			if strings.Contains(r.URL.Path, "/blobs/") && bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
				body = change(body)
			}
			w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
			w.WriteHeader(res.StatusCode)
			_, _ = w.Write(body)
		}))
		at := strings.TrimPrefix(proxy.URL, "http://")
		r, err := registry.New(registry.Options{Transport: http.DefaultTransport, Insecure: []string{at}})
		if err != nil {
			t.Fatal(err)
		}
		s := native.New(native.Options{Registry: r, Data: &db.Opener{Store: &db.Store{Dir: t.TempDir(), Now: time.Now}}})
		if inv, err := s.Inventory(context.Background(), strings.Replace(ref, host, at, 1)); err == nil {
			t.Errorf("%s: taken: %v", name, inv.Packages)
		} else {
			t.Logf("%s: %v", name, err)
		}
		proxy.Close()
	}
}
