// Package imagetest makes small real images and OSV archives for tests.
package imagetest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// File is an entry of a layer: a regular file unless Type says otherwise.
type File struct {
	Name, Body string
	Type       byte
	Link       string
	Mode       int64
}

// Tar is a layer, uncompressed.
func Tar(t testing.TB, files ...File) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.Name, Typeflag: f.Type, Linkname: f.Link, Mode: f.Mode, Format: tar.FormatPAX}
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(f.Body))
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := io.WriteString(w, f.Body); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Opener opens bytes again and again.
func Opener(b []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

// Layer is a layer of an image.
func Layer(t testing.TB, files ...File) v1.Layer {
	t.Helper()
	l, err := tarball.LayerFromOpener(Opener(Tar(t, files...)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Image is an image of linux/amd64 with one step of history a layer.
func Image(t testing.TB, layers ...v1.Layer) v1.Image {
	t.Helper()
	var add []mutate.Addendum
	for i, l := range layers {
		add = append(add, mutate.Addendum{Layer: l, History: v1.History{CreatedBy: fmt.Sprintf("RUN step %d", i+1)}})
	}
	img, err := mutate.Append(empty.Image, add...)
	if err != nil {
		t.Fatal(err)
	}
	cf, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	cf = cf.DeepCopy()
	cf.OS, cf.Architecture = "linux", "amd64"
	if img, err = mutate.ConfigFile(img, cf); err != nil {
		t.Fatal(err)
	}
	return img
}

// Registry is a registry on loopback; its host is "127.0.0.1:port".
func Registry(t testing.TB) (host string) {
	t.Helper()
	s := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// Push puts an image into a registry and returns its reference.
func Push(t testing.TB, host, repoTag string, img v1.Image) string {
	t.Helper()
	ref, err := name.ParseReference(host+"/"+repoTag, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	return ref.String()
}

// OSV writes records as dir/<ecosystem>/all.zip and returns dir.
func OSV(t testing.TB, dir, ecosystem string, records ...any) string {
	t.Helper()
	file := filepath.Join(dir, ecosystem, "all.zip")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for i, r := range records {
		e, err := w.Create(fmt.Sprintf("R-%d.json", i))
		if err != nil {
			t.Fatal(err)
		}
		data, ok := r.(string)
		if !ok {
			b, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			data = string(b)
		}
		if _, err := io.WriteString(e, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Advisory is a record about one package that version fixed mends, or that
// nothing mends.
func Advisory(id, ecosystem, pkg, fixed string) map[string]any {
	events := []map[string]string{{"introduced": "0"}}
	if fixed != "" {
		events = append(events, map[string]string{"fixed": fixed})
	}
	return map[string]any{
		"schema_version": "1.7.3", "id": id, "modified": time.Unix(1.7e9, 0).UTC().Format(time.RFC3339), "summary": "made-up fault of " + pkg,
		"affected": []any{map[string]any{
			"package": map[string]string{"ecosystem": ecosystem, "name": pkg},
			"ranges":  []any{map[string]any{"type": "ECOSYSTEM", "events": events}},
		}},
	}
}

// Folder writes an image as an OCI folder, and returns its reference.
func Folder(t testing.TB, img v1.Image) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "oci")
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AppendImage(img); err != nil {
		t.Fatal(err)
	}
	return "oci:" + dir
}
