package native_test

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/db"
	"github.com/kustoms-dev/kustoms/pkg/image/native"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
)

// debianRoot is a real Debian root as a tar: KUSTOMS_DEBIAN_ROOT, or one that
// mmdebstrap makes once into the user's cache, where KUSTOMS_E2E asks for it.
func debianRoot(t testing.TB) string {
	t.Helper()
	if f := os.Getenv("KUSTOMS_DEBIAN_ROOT"); f != "" {
		return f
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	file := filepath.Join(cache, "kustoms-test", "debian-12.tar")
	if _, err := os.Stat(file); err == nil {
		return file
	}
	if os.Getenv("KUSTOMS_E2E") == "" {
		t.Skip("no Debian root: make e2e makes one with mmdebstrap, or KUSTOMS_DEBIAN_ROOT names a tar of one")
	}
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		t.Skip("mmdebstrap is not installed (a package of Debian)")
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	// Without security updates, so that advisories apply.
	out, err := exec.Command("mmdebstrap", "--variant=minbase", "--include=python3,python3-yaml,openssl,curl", "bookworm", file+".new.tar", "deb http://deb.debian.org/debian bookworm main").CombinedOutput()
	if err != nil {
		t.Skipf("mmdebstrap: %v\n%s", err, out)
	}
	if err := os.Rename(file+".new.tar", file); err != nil {
		t.Fatal(err)
	}
	return file
}

// debianImage puts the root into an OCI folder, with a second layer that
// upgrades nothing.
func debianImage(t testing.TB) (ref, adminDir string) {
	t.Helper()
	root := debianRoot(t)
	dir := t.TempDir()
	l, err := tarball.LayerFromFile(root, tarball.WithCompressionLevel(gzip.BestSpeed))
	if err != nil {
		t.Fatal(err)
	}
	img := imagetest.Image(t, l, imagetest.Layer(t, imagetest.File{Name: "app/config", Body: "x"}))
	p, err := layout.Write(filepath.Join(dir, "oci"), empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AppendImage(img); err != nil {
		t.Fatal(err)
	}
	admin := filepath.Join(dir, "admin")
	if err := os.MkdirAll(admin, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("tar", "-xf", root, "-C", admin, "./var/lib/dpkg/status").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return "oci:" + filepath.Join(dir, "oci"), filepath.Join(admin, "var/lib/dpkg")
}

func scanner(t testing.TB, source string) *native.Scanner {
	t.Helper()
	r, err := registry.New(registry.Options{Local: true})
	if err != nil {
		t.Fatal(err)
	}
	src, err := db.NewSource(source, db.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	data := &db.Opener{Store: &db.Store{Dir: t.TempDir(), Now: time.Now}, Source: src}
	t.Cleanup(func() { data.Close() })
	return native.New(native.Options{Registry: r, Data: data, Unimportant: true})
}

// TestDebianPackages compares the list with dpkg-query's over the same
// database: names, versions, and sources with theirs.
func TestDebianPackages(t *testing.T) {
	query, err := exec.LookPath("dpkg-query")
	if err != nil {
		t.Skip("dpkg-query is not installed")
	}
	ref, admin := debianImage(t)
	inv, err := scanner(t, t.TempDir()).Inventory(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(query, "--admindir="+admin, "-W", "-f", "${db:Status-Status} ${Package} ${Version} ${source:Package} ${source:Version}\n").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for line := range strings.Lines(string(out)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "installed "); ok {
			want = append(want, rest)
		}
	}
	differ := 0
	for _, p := range inv.Packages {
		if !p.OS {
			t.Errorf("%s %s is of the distribution and was listed as %s", p.Name, p.Version, p.PURL)
			continue
		}
		got = append(got, strings.Join([]string{p.Name, p.Version, p.Source, p.SourceVersion}, " "))
		if p.Source != p.Name || p.SourceVersion != p.Version {
			differ++
		}
		if p.Layer != 0 || p.Ecosystem != "Debian:12" {
			t.Errorf("%s: layer %d, ecosystem %q", p.Name, p.Layer, p.Ecosystem)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("dpkg-query lists %d packages, kustoms %d; they differ", len(want), len(got))
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Logf("missing %s", w)
			}
		}
	}
	if len(want) < 80 || differ < 10 {
		t.Errorf("%d packages, %d of another source: too few to prove anything", len(want), differ)
	}
	if len(inv.Gaps) > 0 {
		t.Errorf("gaps: %v", inv.Gaps)
	}
}

// TestDebianVulnerabilities compares (package, CVE) pairs with a check of its
// own: every record of the archive against every installed package of its
// source, by dpkg --compare-versions.
func TestDebianVulnerabilities(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip("dpkg is not installed")
	}
	archive := advisories(t)
	ref, _ := debianImage(t)
	res, err := scanner(t, linked(t, archive)).Scan(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	got := pairsOf(res)
	want := independent(t, dpkg, archive, res.Packages)
	missing, extra := 0, 0
	for pair := range want {
		if !got[pair] {
			missing++
			t.Errorf("missing %s", pair)
		}
	}
	for pair := range got {
		if !want[pair] {
			extra++
			t.Errorf("too much: %s", pair)
		}
	}
	t.Logf("%d pairs in %d packages, %d missing, %d too many", len(want), len(res.Packages), missing, extra)
}

// TestDebianOlder does the same for a list of packages of an older image, to
// which more records apply.
func TestDebianOlder(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip("dpkg is not installed")
	}
	archive := advisories(t)
	list := filepath.Join(filepath.Dir(archive), "debian-12-packages.txt")
	f, err := os.Open(list)
	if err != nil {
		t.Skip("no list of packages beside the advisories")
	}
	defer f.Close()
	var status strings.Builder
	for sc := bufio.NewScanner(f); sc.Scan(); {
		c := strings.Fields(sc.Text())
		if len(c) != 4 {
			t.Fatalf("%q: want binary, version, source, source version", sc.Text())
		}
		fmt.Fprintf(&status, "Package: %s\nStatus: install ok installed\nArchitecture: amd64\nSource: %s (%s)\nVersion: %s\n\n", c[0], c[2], c[3], c[1])
	}
	img := imagetest.Image(t, imagetest.Layer(t,
		imagetest.File{Name: "etc/os-release", Body: "ID=debian\nVERSION_ID=\"12\"\n"},
		imagetest.File{Name: "var/lib/dpkg/status", Body: status.String()}))
	res, err := scanner(t, linked(t, archive)).Scan(context.Background(), imagetest.Folder(t, img))
	if err != nil {
		t.Fatal(err)
	}
	got := pairsOf(res)
	want := independent(t, dpkg, archive, res.Packages)
	if !maps.Equal(want, got) {
		t.Errorf("want %d pairs, got %d", len(want), len(got))
	}
	if len(want) < 100 {
		t.Errorf("%d pairs are too few to prove anything", len(want))
	}
	t.Logf("%d pairs in %d packages", len(want), len(res.Packages))
}

// pairsOf is every "package CVE" of a result.
func pairsOf(res *image.Result) map[string]bool {
	out := map[string]bool{}
	for _, v := range res.Vulnerabilities {
		for _, p := range v.Packages {
			out[p.Name+" "+v.ID] = true
		}
	}
	return out
}

// advisories is OSV's archive of Debian, outside of the project.
func advisories(t *testing.T) string {
	t.Helper()
	file := os.Getenv("KUSTOMS_OSV_DEBIAN")
	if file == "" {
		t.Skip("no advisories: KUSTOMS_OSV_DEBIAN names OSV's all.zip of Debian, with debian-12-packages.txt beside it")
	}
	file, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// linked is a folder with the archive as a database has it.
func linked(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "Debian"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(archive, filepath.Join(dir, "Debian", "all.zip")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func independent(t *testing.T, dpkg, archive string, pkgs []image.Package) map[string]bool {
	t.Helper()
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	want := map[string]bool{}
	older := func(a, b string) bool { return exec.Command(dpkg, "--compare-versions", a, "lt", b).Run() == nil }
	for _, f := range z.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(rc)
		rc.Close()
		if err != nil {
			t.Fatal(err)
		}
		var r struct {
			Upstream []string
			Affected []struct {
				Package struct{ Ecosystem, Name string }
				Ranges  []struct{ Events []map[string]string }
			}
		}
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		for _, a := range r.Affected {
			for _, p := range pkgs {
				if p.Source != a.Package.Name || a.Package.Ecosystem != "Debian:12" {
					continue
				}
				for _, rg := range a.Ranges {
					// These records have the form introduced 0, fixed V.
					if len(rg.Events) != 2 || rg.Events[0]["introduced"] != "0" {
						t.Fatalf("%s: not of the form that this check knows", f.Name)
					}
					if older(p.SourceVersion, rg.Events[1]["fixed"]) {
						for _, cve := range r.Upstream {
							want[p.Name+" "+cve] = true
						}
					}
				}
			}
		}
	}
	return want
}
