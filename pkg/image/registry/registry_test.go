package registry_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
	"github.com/kustoms-dev/kustoms/pkg/network"
)

func small(t *testing.T, body string) v1.Image {
	return imagetest.Image(t, imagetest.Layer(t, imagetest.File{Name: "a", Body: body}))
}

func reader(t *testing.T, o registry.Options) *registry.Reader {
	t.Helper()
	r, err := registry.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// content is what the layer of a small image holds, through Open.
func content(t *testing.T, img *registry.Image) string {
	t.Helper()
	rc, err := img.Open(0)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	data, err := io.ReadAll(rc)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(string(data[512:1024]), "\x00")
}

// front is a registry behind a handler of the test.
func front(t *testing.T, host string, wrap func(http.Handler) http.Handler) string {
	t.Helper()
	u, err := url.Parse("http://" + host)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(wrap(httputil.NewSingleHostReverseProxy(u)))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// allowed is a transport of the operator's policy for registries on loopback.
func allowed(t *testing.T, hosts ...string) http.RoundTripper {
	t.Helper()
	tr, err := network.Policy{Allow: true, Insecure: hosts}.Transport()
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestReferences(t *testing.T) {
	host := imagetest.Registry(t)
	img := small(t, "one")
	ref := imagetest.Push(t, host, "team/app:1.0", img)
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p, err := layout.Write(filepath.Join(dir, "oci"), empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AppendImage(img, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": "v1"})); err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag("team/app:1.0")
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(filepath.Join(dir, "app.tar"), tag, img); err != nil {
		t.Fatal(err)
	}
	r := reader(t, registry.Options{Transport: allowed(t, host), Insecure: []string{host}, Local: true})
	for _, ref := range []string{
		ref, host + "/team/app@" + digest.String(), ref + "@" + digest.String(), host + "/team/app:gone@" + digest.String(),
		"oci:" + filepath.Join(dir, "oci"), "oci:" + filepath.Join(dir, "oci") + ":v1",
		"docker-archive:" + filepath.Join(dir, "app.tar"), "docker-archive:" + filepath.Join(dir, "app.tar") + ":team/app:1.0",
	} {
		got, err := r.Open(context.Background(), ref)
		if err != nil {
			t.Errorf("%s: %v", ref, err)
			continue
		}
		if got.ID.Ref != ref || got.ID.Platform != "linux/amd64" || len(got.Layers) != 1 || content(t, got) != "one" {
			t.Errorf("%s: %+v %q", ref, got.ID, content(t, got))
		}
		if !strings.HasPrefix(ref, "docker-archive:") && got.ID.Digest != digest.String() {
			t.Errorf("%s: digest %s, want %s", ref, got.ID.Digest, digest)
		}
	}
	for ref, want := range map[string]string{
		host + "/team/app:2.0": "MANIFEST_UNKNOWN", host + "/other:1": "NAME_UNKNOWN", "UPPER/case": "not an image reference",
		"oci:" + dir: "reading the OCI folder", "docker-archive:" + dir + "/none": "reading the archive", "oci:" + filepath.Join(dir, "oci") + ":v2": `holds no "v2"`,
	} {
		if _, err := r.Open(context.Background(), ref); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", ref, err, want)
		}
	}
	// A repository's references lead to no file.
	if _, err := reader(t, registry.Options{}).Open(context.Background(), "oci:"+filepath.Join(dir, "oci")); err == nil {
		t.Error("a file was opened")
	}
}

func TestNotAllowed(t *testing.T) {
	host := imagetest.Registry(t)
	ref := imagetest.Push(t, host, "app:1", small(t, "x"))
	var na *image.NotAllowedError
	if _, err := reader(t, registry.Options{}).Open(context.Background(), ref); !errors.As(err, &na) || na.Flag != "--allow-network" {
		t.Errorf("without a network: %v", err)
	}
	p := network.Policy{Allow: true, Hosts: []string{"registry.example.com"}}
	tr, err := p.Transport()
	if err != nil {
		t.Fatal(err)
	}
	r := reader(t, registry.Options{Transport: tr, Allowed: p.Reaches})
	if _, err := r.Open(context.Background(), ref); !errors.As(err, &na) || na.Registry != host || !errors.Is(err, image.ErrNotScanned) {
		t.Errorf("another registry: %v", err)
	}
	r = reader(t, registry.Options{Transport: tr}) // the transport refuses by itself
	if _, err := r.Open(context.Background(), ref); err == nil || !strings.Contains(err.Error(), "did not name") {
		t.Errorf("the transport: %v", err)
	}
}

func TestPlatforms(t *testing.T) {
	host := imagetest.Registry(t)
	idx := v1.ImageIndex(empty.Index)
	for _, p := range []v1.Platform{{OS: "windows", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64", Variant: "v8"}, {OS: "linux", Architecture: "amd64"}, {OS: "unknown", Architecture: "unknown"}} {
		idx = mutate.AppendManifests(idx, mutate.IndexAddendum{Add: small(t, p.String()), Descriptor: v1.Descriptor{Platform: &p}})
	}
	ref, err := name.ParseReference(host+"/multi:1", name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, idx); err != nil {
		t.Fatal(err)
	}
	want, err := idx.Digest()
	if err != nil {
		t.Fatal(err)
	}
	for platform, body := range map[string]string{"": "linux/amd64", "linux/arm64": "linux/arm64/v8", "windows/amd64": "windows/amd64"} {
		img, err := reader(t, registry.Options{Transport: allowed(t, host), Insecure: []string{host}, Platform: platform}).Open(context.Background(), ref.String())
		if err != nil {
			t.Errorf("%s: %v", platform, err)
		} else if got := content(t, img); got != body || img.ID.Index != want.String() || img.ID.Digest == want.String() {
			t.Errorf("%s: %s, %+v", platform, got, img.ID)
		}
	}
	r := reader(t, registry.Options{Transport: allowed(t, host), Insecure: []string{host}})
	all, err := r.Platforms(t.Context(), ref.String())
	if err != nil || strings.Join(all, " ") != "windows/amd64 linux/arm64/v8 linux/amd64" {
		t.Errorf("platforms %v, %v", all, err)
	}
	for _, p := range all {
		img, err := r.Open(image.ForPlatform(t.Context(), p), ref.String())
		if err != nil || content(t, img) != p {
			t.Errorf("for %s: %v", p, err)
		}
	}
	_, err = reader(t, registry.Options{Transport: allowed(t, host), Insecure: []string{host}, Platform: "linux/s390x"}).Open(context.Background(), ref.String())
	if err == nil || !strings.Contains(err.Error(), "no image for linux/s390x, only for: windows/amd64, linux/arm64/v8, linux/amd64") {
		t.Errorf("absent platform: %v", err)
	}
	if _, err := registry.New(registry.Options{Platform: "arm"}); err == nil {
		t.Error("a platform without an architecture is taken")
	}
}

// TestCredentials reads docker's configuration, and a helper program that it
// names.
func TestCredentials(t *testing.T) {
	host := imagetest.Registry(t)
	ref := imagetest.Push(t, host, "app:1", small(t, "secret"))
	guarded := front(t, host, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, pass, _ := r.BasicAuth(); user != "ci" || pass != "pw" {
				w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
				http.Error(w, `{"errors":[{"code":"UNAUTHORIZED"}]}`, http.StatusUnauthorized)
				return
			}
			h.ServeHTTP(w, r)
		})
	})
	ref = strings.Replace(ref, host, guarded, 1)
	open := func(config string) error {
		dir := t.TempDir()
		t.Setenv("DOCKER_CONFIG", dir)
		if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := reader(t, registry.Options{Transport: allowed(t, guarded), Insecure: []string{guarded}}).Open(context.Background(), ref)
		return err
	}
	if err := open(`{}`); err == nil || !strings.Contains(err.Error(), "UNAUTHORIZED") {
		t.Errorf("without credentials: %v", err)
	}
	if err := open(`{"auths":{"` + guarded + `":{"auth":"Y2k6cHc="}}}`); err != nil {
		t.Errorf("docker's configuration: %v", err)
	}
	bin := t.TempDir()
	helper := "#!/bin/sh\necho '{\"ServerURL\":\"x\",\"Username\":\"ci\",\"Secret\":\"pw\"}'\n"
	if err := os.WriteFile(filepath.Join(bin, "docker-credential-kustomstest"), []byte(helper), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if err := open(`{"credHelpers":{"` + guarded + `":"kustomstest"}}`); err != nil {
		t.Errorf("a credential helper: %v", err)
	}
	// A wrong password is not printed.
	_, err := reader(t, registry.Options{Transport: allowed(t, guarded), Insecure: []string{guarded}, Keychain: keychain{"ci", "hunter2"}}).Open(context.Background(), ref)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("wrong password: %v", err)
	}
}

type keychain [2]string

func (k keychain) Resolve(authn.Resource) (authn.Authenticator, error) {
	return &authn.Basic{Username: k[0], Password: k[1]}, nil
}

// TestRetries: a registry that is busy for a moment is asked again.
func TestRetries(t *testing.T) {
	host := imagetest.Registry(t)
	ref := imagetest.Push(t, host, "app:1", small(t, "x"))
	for _, code := range []int{429, 503} {
		var left atomic.Int64
		left.Store(2)
		busy := front(t, host, func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, "/manifests/") && left.Add(-1) >= 0 {
					w.Header().Set("Retry-After", "0")
					w.WriteHeader(code)
					return
				}
				h.ServeHTTP(w, r)
			})
		})
		_, err := reader(t, registry.Options{Transport: allowed(t, busy), Insecure: []string{busy}}).Open(context.Background(), strings.Replace(ref, host, busy, 1))
		if err != nil || left.Load() >= 0 {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestMirrors(t *testing.T) {
	host := imagetest.Registry(t)
	imagetest.Push(t, host, "hub/library/nginx:1", small(t, "mirrored"))
	imagetest.Push(t, host, "hub/team/app:1", small(t, "mirrored"))
	p := network.Policy{Allow: true, Insecure: []string{host}}
	r := reader(t, registry.Options{Transport: allowed(t, host), Allowed: p.Reaches, Insecure: []string{host}, Mirrors: map[string][]string{
		"docker.io": {host + "/none", host + "/hub"}, "registry.example.com": {host + "/hub"},
	}})
	for _, ref := range []string{"nginx:1", "docker.io/library/nginx:1", "registry.example.com/team/app:1"} {
		img, err := r.Open(context.Background(), ref)
		if err != nil {
			t.Errorf("%s: %v", ref, err)
		} else if img.ID.Ref != ref || content(t, img) != "mirrored" {
			t.Errorf("%s: %+v", ref, img.ID)
		}
	}
	if _, err := r.Open(context.Background(), "nginx:2"); err == nil || !strings.Contains(err.Error(), "index.docker.io: not scanned: registry index.docker.io is not allowed") {
		t.Errorf("fallback: %v", err)
	}
}

// TestLyingManifest: a configuration that is not the manifest's, and a list of
// layers that is not the configuration's.
func TestLyingManifest(t *testing.T) {
	dir := t.TempDir()
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	img := small(t, "x")
	if err := p.AppendImage(img); err != nil {
		t.Fatal(err)
	}
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "blobs", "sha256", m.Config.Digest.Hex)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(data), "amd64", "amd65", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = reader(t, registry.Options{Local: true}).Open(context.Background(), "oci:"+dir)
	if err == nil || !strings.Contains(err.Error(), "digest") {
		t.Errorf("changed configuration: %v", err)
	}
}
