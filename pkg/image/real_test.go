package image_test

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

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
	age := trivy.Age{Now: time.Now}
	one, err := trivy.NewProgram(trivy.ProgramOptions{Path: path, Registry: r, Env: os.Environ(), Age: age}).Scan(t.Context(), ref)
	if err != nil && strings.Contains(err.Error(), "DB") {
		t.Skipf("trivy has no database here and cannot fetch one: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(ids(one)) == 0 {
		t.Fatalf("it finds nothing in %+v", one)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	cmd := exec.CommandContext(t.Context(), path, "server", "--listen", addr, "--token", "tok", "--skip-db-update")
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
