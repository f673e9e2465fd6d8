package sbom

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
)

type file = imagetest.File

func read(t testing.TB, lim Limits, files ...file) *Layer {
	t.Helper()
	l, err := ReadLayer(context.Background(), imagetest.Opener(imagetest.Tar(t, files...)), lim)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func npm(name, version string) string { return fmt.Sprintf(`{"name":%q,"version":%q}`, name, version) }

// found lists "name version@layer" of a stack of layers.
func found(layers ...*Layer) string {
	var out []string
	for _, p := range Merge(layers).Packages {
		out = append(out, fmt.Sprintf("%s %s@%d", p.Name, p.Version, p.Layer))
	}
	return strings.Join(out, ", ")
}

func TestStack(t *testing.T) {
	base := []file{
		{Name: "etc/os-release", Body: "ID=debian\nVERSION_ID=\"12\"\n"},
		{Name: "app/a/package.json", Body: npm("a", "1.0.0")},
		{Name: "app/b/package.json", Body: npm("b", "1.0.0")},
	}
	status := func(versions ...string) string {
		var b strings.Builder
		for _, v := range versions {
			name, version, _ := strings.Cut(v, " ")
			fmt.Fprintf(&b, "Package: %s\nStatus: install ok installed\nVersion: %s\nArchitecture: amd64\n\n", name, version)
		}
		return b.String()
	}
	const db = "var/lib/dpkg/status"
	for _, tt := range []struct {
		name   string
		layers [][]file
		want   string
	}{
		{"one", [][]file{base}, "a 1.0.0@0, b 1.0.0@0"},
		{"whiteout of a file", [][]file{base, {{Name: "app/a/.wh.package.json"}}}, "b 1.0.0@0"},
		{"whiteout of a folder", [][]file{base, {{Name: "app/.wh.a"}}}, "b 1.0.0@0"},
		{"whiteout, and the file again in the same layer", [][]file{base, {{Name: "app/a/package.json", Body: npm("a", "2.0.0")}, {Name: "app/.wh.a"}}}, "a 2.0.0@1, b 1.0.0@0"},
		{"opaque folder", [][]file{base, {{Name: "app/.wh..wh..opq"}, {Name: "app/c/package.json", Body: npm("c", "1.0.0")}}}, "c 1.0.0@1"},
		{"opaque root", [][]file{base, {{Name: ".wh..wh..opq"}}}, ""},
		{"whiteouts of a neighbour", [][]file{base, {{Name: "app/.wh.ab"}, {Name: "ap/.wh..wh..opq"}, {Name: "app/.wh..wh.plnk"}}}, "a 1.0.0@0, b 1.0.0@0"},
		{"replaced by a newer one", [][]file{base, {{Name: "app/a/package.json", Body: npm("a", "1.1.0")}}}, "a 1.1.0@1, b 1.0.0@0"},
		{"replaced by what is no package", [][]file{base, {{Name: "app/a/package.json", Body: "{}"}}}, "b 1.0.0@0"},
		{"a link in place of a folder", [][]file{base, {{Name: "app/a", Type: tar.TypeSymlink, Link: "b"}}}, "b 1.0.0@0"},
		{"a device in place of a file", [][]file{base, {{Name: "app/a/package.json", Type: tar.TypeChar}}}, "b 1.0.0@0"},
		{"written twice in a layer", [][]file{{{Name: "x/package.json", Body: npm("a", "1.0.0")}, {Name: "./x/package.json", Body: npm("a", "2.0.0")}}}, "a 2.0.0@0"},
		{"hard link to what has another name", [][]file{{{Name: "blob/1", Body: npm("a", "1.0.0")}, {Name: "x/package.json", Type: tar.TypeLink, Link: "blob/1"}, {Name: "y/package.json", Type: tar.TypeLink, Link: "blob/1"}}}, "a 1.0.0@0, a 1.0.0@0"},
		{"traversal", [][]file{{{Name: "../../../etc/x/package.json", Body: npm("a", "1.0.0")}, {Name: "/abs/package.json", Body: npm("b", "1.0.0")}}}, "a 1.0.0@0, b 1.0.0@0"},
		{"packages of a database, by layer", [][]file{
			append([]file{{Name: db, Body: status("libc 1", "old 1", "up 1")}}, base[0]),
			{{Name: db, Body: status("libc 1", "old 1", "up 2")}},
			{{Name: db, Body: status("libc 1", "up 2", "new 1")}},
		}, "libc 1@0, new 1@2, up 2@1"},
		{"a database that was removed between", [][]file{
			append([]file{{Name: db, Body: status("libc 1")}}, base[0]),
			{{Name: "var/lib/dpkg/.wh.status"}},
			{{Name: db, Body: status("libc 1")}},
		}, "libc 1@2"},
		{"what the distribution owns", [][]file{{
			base[0], {Name: db, Body: status("python3-yaml 6")},
			{Name: "var/lib/dpkg/info/python3-yaml.list", Body: "/.\n/usr/lib/python3/dist-packages/PyYAML-6.0.egg-info\n/usr/lib/python3/dist-packages/PyYAML-6.0.egg-info/PKG-INFO\n"},
			{Name: "usr/lib/python3/dist-packages/PyYAML-6.0.egg-info/PKG-INFO", Body: "Metadata-Version: 2.1\nName: PyYAML\nVersion: 6.0\n"},
			{Name: "usr/local/lib/python3/site-packages/idna-3.4.dist-info/METADATA", Body: "Metadata-Version: 2.1\nName: idna\nVersion: 3.4\n"},
		}}, "idna 3.4@0, python3-yaml 6@0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var layers []*Layer
			for _, files := range tt.layers {
				layers = append(layers, read(t, Limits{}, files...))
			}
			if got := found(layers...); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	var limit *image.LimitError
	body := strings.Repeat("x", 1<<20)
	files := []file{{Name: "a", Body: body}, {Name: "b", Body: body}}
	if _, err := ReadLayer(context.Background(), imagetest.Opener(imagetest.Tar(t, files...)), Limits{Bytes: 1 << 20}); !errors.As(err, &limit) {
		t.Errorf("bytes: %v", err)
	}
	if _, err := ReadLayer(context.Background(), imagetest.Opener(imagetest.Tar(t, files...)), Limits{Entries: 1}); !errors.As(err, &limit) {
		t.Errorf("entries: %v", err)
	}
	// A file over the limit is passed over and said so, whatever it is.
	l := read(t, Limits{File: 100}, file{Name: "x/package.json", Body: `{"name":"a","version":"1"}` + strings.Repeat(" ", 100)}, file{Name: "y/package.json", Body: npm("b", "1.0.0")})
	if found(l) != "b 1.0.0@0" || len(l.Gaps) != 1 || !strings.Contains(l.Gaps[0].String(), `"x/package.json": is over 100 bytes`) {
		t.Errorf("%s, %v", found(l), l.Gaps)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadLayer(ctx, imagetest.Opener(imagetest.Tar(t, files...)), Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestDamaged(t *testing.T) {
	for name, body := range map[string]string{
		"x/package.json":                `{"name":`,
		"lib/apk/db/installed":          "P:a\nV:1\n\x00\xff:\n\n",
		"var/lib/rpm/rpmdb.sqlite":      strings.Repeat("SQLite format 3\x00", 100),
		"var/lib/rpm/Packages.db":       strings.Repeat("RpmP", 1000),
		"var/lib/rpm/Packages":          strings.Repeat("\x00\x06\x15\x61", 1000),
		"app/x.jar":                     "PK\x03\x04 not a zip",
		"var/lib/dpkg/status":           "Package a\n: :\nStatus",
		"usr/bin/go":                    "\x7fELF" + strings.Repeat("\xff", 4000),
		"gems/x.gemspec":                "Gem::Specification.new do |s|\n" + strings.Repeat("s.name = [", 1000),
		"app/x.deps.json":               "[[[[",
		"x.dist-info/METADATA":          strings.Repeat("Name", 100000),
		"var/lib/pacman/local/a-1/desc": "%NAME%\n",
	} {
		l := read(t, Limits{}, file{Name: name, Body: body, Mode: 0o755}, file{Name: "ok/package.json", Body: npm("ok", "1.0.0")})
		if got := found(l); !strings.Contains(got, "ok 1.0.0@0") {
			t.Errorf("%s hides others: %s", name, got)
		}
		t.Logf("%s: %v", name, l.Gaps)
	}
	whole := imagetest.Tar(t, file{Name: "x/package.json", Body: npm("a", "1.0.0")}, file{Name: "y", Body: strings.Repeat("x", 5000)})
	for _, n := range []int{100, 1600, 3000} {
		if _, err := ReadLayer(context.Background(), imagetest.Opener(whole[:n]), Limits{}); err == nil {
			t.Errorf("cut off at %d bytes, and taken", n)
		}
	}
}

// TestArchiveBombs: a jar of jars, and one that unpacks to far more than it is.
func TestArchiveBombs(t *testing.T) {
	pack := func(entries map[string][]byte) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for n, data := range entries {
			f, err := w.Create(n)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write(data); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	nested := pack(map[string][]byte{"META-INF/maven/g/a/pom.properties": []byte("groupId=g\nartifactId=a\nversion=1\n")})
	for range 30 {
		nested = pack(map[string][]byte{"inner.jar": nested})
	}
	bomb := pack(map[string][]byte{"inner.jar": make([]byte, maxArchive+1)})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l := read(t, Limits{}, file{Name: "app/nested.jar", Body: string(nested)}, file{Name: "app/bomb.jar", Body: string(bomb)})
	runtime.ReadMemStats(&after)
	if len(l.Gaps) != 2 {
		t.Errorf("gaps: %v", l.Gaps)
	}
	if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 200 {
		t.Errorf("%d MB were allocated", got)
	}
}

// counter is a layer that is made while it is read.
func stream(t testing.TB, write func(*tar.Writer) error) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		r, w := io.Pipe()
		go func() {
			tw := tar.NewWriter(w)
			err := write(tw)
			if err == nil {
				err = tw.Close()
			}
			w.CloseWithError(err)
		}()
		return r, nil
	}
}

// TestManyFiles reads a layer of very many small files in little memory.
func TestManyFiles(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 50_000
	}
	runtime.GC() // of the tests before
	var peak uint64
	open := stream(t, func(w *tar.Writer) error {
		for i := range n {
			if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("data/%d/%d.txt", i%1000, i), Typeflag: tar.TypeReg, Mode: 0o644, Size: 1}); err != nil {
				return err
			}
			if _, err := w.Write([]byte{'x'}); err != nil {
				return err
			}
			if i%100_000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		}
		return nil
	})
	start := time.Now()
	l, err := ReadLayer(context.Background(), open, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d entries in %s, heap %d MB", l.Entries, time.Since(start), peak>>20)
	if l.Entries != n || len(l.Files) != 0 || peak > 150<<20 {
		t.Errorf("%d entries, %d files, heap %d MB", l.Entries, len(l.Files), peak>>20)
	}
}

// TestLargeFiles: large files, sparse ones and zip bombs go through in
// constant memory and leave nothing on disk.
func TestLargeFiles(t *testing.T) {
	size := int64(2 << 30)
	if testing.Short() {
		size = 64 << 20
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	tw := tar.NewWriter(z)
	zero := make([]byte, 1<<20)
	for _, h := range []*tar.Header{
		{Name: "data/large", Size: size / 2, Mode: 0o644, Typeflag: tar.TypeReg},
		{Name: "usr/bin/large", Size: size / 2, Mode: 0o755, Typeflag: tar.TypeReg}, // no executable by its first bytes
		{Name: "x/package.json", Size: size / 32, Mode: 0o644, Typeflag: tar.TypeReg},
	} {
		if err := tw.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		for left := h.Size; left > 0; left -= int64(len(zero)) {
			if _, err := tw.Write(zero[:min(left, int64(len(zero)))]); err != nil {
				t.Fatal(err)
			}
		}
	}
	tw.Close()
	z.Close()
	dir := t.TempDir()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before := m.TotalAlloc
	l, err := ReadLayer(context.Background(), func() (io.ReadCloser, error) { return gzip.NewReader(bytes.NewReader(packed.Bytes())) }, Limits{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&m)
	t.Logf("%d MB packed, %d MB unpacked, %d MB allocated", packed.Len()>>20, l.Bytes>>20, (m.TotalAlloc-before)>>20)
	if !testing.Short() && (m.TotalAlloc-before) > 400<<20 {
		t.Errorf("%d MB were allocated", (m.TotalAlloc-before)>>20)
	}
	if len(l.Gaps) != 1 {
		t.Errorf("gaps: %v", l.Gaps)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left on disk: %v", left)
	}
}
