package image_test

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/clair"
	"github.com/kustoms-dev/kustoms/pkg/image/native"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/image/trivy"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
	"github.com/kustoms-dev/kustoms/pkg/network"
)

// old is an image in a registry on loopback whose packages have known faults.
func old(t *testing.T) (*registry.Reader, string) {
	t.Helper()
	host := imagetest.Registry(t)
	ref := imagetest.Push(t, host, "team/old:1", imagetest.Image(t,
		imagetest.Layer(t,
			imagetest.File{Name: "etc/os-release", Body: "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"},
			imagetest.File{Name: "etc/debian_version", Body: "12.0\n"},
			imagetest.File{Name: "var/lib/dpkg/status", Body: "Package: libssl3\nStatus: install ok installed\nMaintainer: x\nArchitecture: amd64\nSource: openssl\nVersion: 3.0.9-1\nDescription: x\n\n"}),
		imagetest.Layer(t, imagetest.File{Name: "app/node_modules/lodash/package.json", Body: `{"name":"lodash","version":"4.17.20","license":"MIT"}`})))
	tr, err := network.Policy{Allow: true, Insecure: []string{host}}.Transport()
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.New(registry.Options{Transport: tr, Insecure: []string{host}})
	if err != nil {
		t.Fatal(err)
	}
	return r, ref
}

func ids(r *image.Result) (out []string) {
	for _, v := range r.Vulnerabilities {
		for _, p := range v.Packages {
			out = append(out, p.Name+" "+v.ID)
		}
	}
	slices.Sort(out)
	return out
}

// trivyDB is a database of Trivy's own form (trivy-db, schema 2) with two
// faults, so that the test needs no network.
func trivyDB(t *testing.T) (cacheDir string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "db"), 0o755); err != nil {
		t.Fatal(err)
	}
	x, err := bbolt.Open(filepath.Join(dir, "db", "trivy.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	put := func(value string, path ...string) {
		err := x.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte(path[0]))
			for _, p := range path[1 : len(path)-1] {
				if err == nil {
					b, err = b.CreateBucketIfNotExists([]byte(p))
				}
			}
			if err == nil {
				err = b.Put([]byte(path[len(path)-1]), []byte(value))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	put(`{"ID":"debian","Name":"Debian Security Tracker","URL":"https://example.com"}`, "data-source", "debian 12")
	put(`{"FixedVersion":"3.0.11-1"}`, "debian 12", "openssl", "CVE-2023-0001")
	put(`{"FixedVersion":"3.0.8-1"}`, "debian 12", "openssl", "CVE-2023-0002") // mended before
	put(`{"ID":"ghsa","Name":"GitHub Security Advisory npm","URL":"https://example.com"}`, "data-source", "npm::GitHub Security Advisory npm")
	put(`{"PatchedVersions":["4.17.21"],"VulnerableVersions":["<4.17.21"],"VendorIDs":["GHSA-35jh-r3h4-6jhm"]}`, "npm::GitHub Security Advisory npm", "lodash", "CVE-2021-23337")
	for _, id := range []string{"CVE-2023-0001", "CVE-2021-23337"} {
		put(`{"Title":"a fault","Severity":"HIGH","VendorSeverity":{"nvd":3},"CVSS":{"nvd":{"V3Vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H","V3Score":7.5}}}`, "vulnerability", id)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Format(time.RFC3339)
	meta := `{"Version":2,"NextUpdate":"` + now + `","UpdatedAt":"` + now + `","DownloadedAt":"` + now + `"}`
	if err := os.WriteFile(filepath.Join(dir, "db", "metadata.json"), []byte(meta), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestRealTrivy has the installed trivy, and a server of it, look one image
// up: they find the same.
func TestRealTrivy(t *testing.T) {
	if os.Getenv("KUSTOMS_E2E") == "" {
		t.Skip("make e2e runs the real trivy")
	}
	path, err := trivy.Find()
	if err != nil {
		t.Skipf("%v: it is not installed", err)
	}
	r, ref := old(t)
	age := trivy.Age{Max: time.Hour, Now: time.Now}
	data := trivyDB(t)
	one, err := trivy.NewProgram(trivy.ProgramOptions{Path: path, Registry: r, Env: append(os.Environ(), "TRIVY_CACHE_DIR="+data), Offline: true, Age: age}).Scan(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(ids(one), ", "); got != "libssl3 CVE-2023-0001, lodash CVE-2021-23337" {
		t.Errorf("it finds %s; gaps %v", got, one.Gaps)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	cmd := exec.CommandContext(t.Context(), path, "server", "--listen", addr, "--token", "tok", "--skip-db-update", "--cache-dir", data)
	cmd.Dir = t.TempDir()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	for range 100 {
		if res, err := http.Get("http://" + addr + "/healthz"); err == nil {
			res.Body.Close()
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	sc := asked(t, "http://"+addr)
	sc.Authorize = trivy.Authorize("tok")
	two, err := trivy.NewServer(trivy.ServerOptions{Service: sc, Lister: native.New(native.Options{Registry: r}), Age: age}).Scan(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	differ(t, "the server's", ids(one), ids(two))
	sc.Authorize = trivy.Authorize("wrong")
	if _, err := trivy.NewServer(trivy.ServerOptions{Service: sc, Lister: native.New(native.Options{Registry: r}), Age: age}).Scan(t.Context(), ref); err == nil || !strings.Contains(err.Error(), "refused the credentials") {
		t.Errorf("with another token: %v", err)
	}
	t.Logf("%s and %s: %d pairs", one.Engine, two.Engine, len(ids(one)))
}

// TestRealClair has the Clair at KUSTOMS_CLAIR_URL, with the pre-shared key
// KUSTOMS_CLAIR_KEY, look an image up. It must reach this machine's loopback.
func TestRealClair(t *testing.T) {
	addr := os.Getenv("KUSTOMS_CLAIR_URL")
	if addr == "" {
		t.Skip("KUSTOMS_CLAIR_URL names no Clair")
	}
	r, ref := old(t)
	sc := asked(t, addr)
	var err error
	if sc.Authorize, err = clair.Authorize(os.Getenv("KUSTOMS_CLAIR_KEY"), "kustoms", time.Now); err != nil {
		t.Fatal(err)
	}
	res, err := clair.New(clair.Options{Service: sc, Registry: r, Now: time.Now}).Scan(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if len(ids(res)) == 0 {
		t.Errorf("it finds nothing in %+v", res)
	}
	t.Logf("%d pairs", len(ids(res)))
}
