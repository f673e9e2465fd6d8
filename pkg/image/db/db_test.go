package db_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/db"
	"github.com/kustoms-dev/kustoms/pkg/image/match"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
)

var now = time.Now().Truncate(time.Second)

func store(t testing.TB) *db.Store {
	return &db.Store{Dir: filepath.Join(t.TempDir(), "db"), Now: func() time.Time { return now }}
}

func source(t testing.TB, addr string) db.Source {
	t.Helper()
	s, err := db.NewSource(addr, db.SourceOptions{Client: &http.Client{Transport: http.DefaultTransport}, Insecure: []string{strings.SplitN(strings.TrimPrefix(addr, "oci://"), "/", 2)[0]}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// advisories makes a folder of archives with one record each.
func advisories(t testing.TB, id string, ecosystems ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, e := range ecosystems {
		imagetest.OSV(t, dir, e, imagetest.Advisory(id, e, "p", "2.0.0"))
	}
	return dir
}

// holds lists the ids that the store gives for package p, or the error.
func holds(t testing.TB, s *db.Store, eco string) string {
	t.Helper()
	o := &db.Opener{Store: s, Why: "the network is not allowed"}
	defer o.Close()
	d, err := o.Open(context.Background(), []string{eco})
	if err != nil {
		return err.Error()
	}
	found, err := (&match.Matcher{Indexes: d.Indexes}).Match(context.Background(), &image.Inventory{Packages: []image.Package{{Name: "p", Version: "1.0.0", Ecosystem: eco}}})
	if err != nil {
		return err.Error()
	}
	var ids []string
	for _, v := range found.Vulnerabilities {
		ids = append(ids, v.ID)
	}
	return strings.Join(ids, " ")
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSources(t *testing.T) {
	dir := advisories(t, "X-1", "npm", "Rocky Linux")
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(r.URL.Path, "/mirror"))))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		sum := md5.Sum(data)
		w.Header().Add("x-goog-hash", "crc32c=AAAAAA==")
		w.Header().Add("x-goog-hash", "md5="+base64.StdEncoding.EncodeToString(sum[:]))
		_, _ = w.Write(data)
	}))
	defer bucket.Close()

	host := imagetest.Registry(t)
	art := v1.Image(mutate.MediaType(empty.Image, types.OCIManifestSchema1))
	for _, eco := range []string{"npm", "Rocky Linux"} {
		var err error
		art, err = mutate.Append(art, mutate.Addendum{
			Layer:       static.NewLayer(read(t, filepath.Join(dir, eco, "all.zip")), "application/zip"),
			Annotations: map[string]string{"org.opencontainers.image.title": eco + "/all.zip"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	art = mutate.Annotations(art, map[string]string{"org.opencontainers.image.created": now.Add(-48 * time.Hour).UTC().Format(time.RFC3339)}).(v1.Image)
	ref := imagetest.Push(t, host, "osv:latest", art)

	for _, sub := range []string{"osv-scanner", "osv-scalibr"} {
		if err := os.MkdirAll(filepath.Join(dir, "tools-"+sub, sub), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(dir, "tools-"+sub, sub, "npm"), os.DirFS(filepath.Join(dir, "npm"))); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(dir, "tools-"+sub, sub, "Rocky Linux"), os.DirFS(filepath.Join(dir, "Rocky Linux"))); err != nil {
			t.Fatal(err)
		}
	}
	for _, addr := range []string{bucket.URL, bucket.URL + "/mirror/", "oci://" + ref, dir, filepath.Join(dir, "tools-osv-scanner"), filepath.Join(dir, "tools-osv-scalibr")} {
		s := store(t)
		if err := s.Update(context.Background(), source(t, addr), []string{"npm", "Rocky Linux"}, nil); err != nil {
			t.Errorf("%s: %v", addr, err)
			continue
		}
		if a, b := holds(t, s, "npm"), holds(t, s, "Rocky Linux"); a != "X-1" || b != "X-1" {
			t.Errorf("%s: %q, %q", addr, a, b)
		}
		if err := s.Verify(context.Background()); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
		if cat, err := s.Read(); err != nil || strings.HasPrefix(addr, "oci:") && s.Age(cat.Ecosystems["npm"]) < 47*time.Hour {
			t.Errorf("%s: %+v %v", addr, cat, err)
		}
		err := s.Update(context.Background(), source(t, addr), []string{"npm", "Hex"}, nil)
		if err == nil || !strings.Contains(err.Error(), "Hex") || holds(t, s, "npm") != "X-1" {
			t.Errorf("%s: an ecosystem that it has not: %v", addr, err)
		}
	}
}

// TestBadDownloads: what arrives damaged replaces nothing and leaves nothing.
func TestBadDownloads(t *testing.T) {
	good := read(t, filepath.Join(advisories(t, "X-1", "npm"), "npm", "all.zip"))
	body, header := good, http.Header{}
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for k, v := range header {
			w.Header()[k] = v
		}
		if body == nil {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = w.Write(body)
	}))
	defer bucket.Close()
	s := store(t)
	if err := s.Update(context.Background(), source(t, bucket.URL), []string{"npm"}, nil); err != nil {
		t.Fatal(err)
	}
	files := func() string {
		all, _ := os.ReadDir(s.Dir)
		var out []string
		for _, f := range all {
			out = append(out, f.Name())
		}
		return strings.Join(out, " ")
	}
	before := files()
	for name, set := range map[string]func(){
		"cut off":        func() { body = good[:len(good)/2] },
		"short":          func() { header = http.Header{"Content-Length": {"999999"}} },
		"other checksum": func() { header = http.Header{"X-Goog-Hash": {"md5=AAAAAAAAAAAAAAAAAAAAAA=="}} },
		"an HTML page":   func() { body = []byte("<html>login</html>") },
		"forbidden":      func() { body = nil },
	} {
		body, header = good, http.Header{}
		set()
		if err := s.Update(context.Background(), source(t, bucket.URL), []string{"npm"}, nil); err == nil {
			t.Errorf("%s: taken", name)
		}
		if after := files(); after != before || holds(t, s, "npm") != "X-1" {
			t.Errorf("%s: %s, was %s", name, after, before)
		}
	}
}

func TestGenerations(t *testing.T) {
	s := store(t)
	if got := holds(t, s, "npm"); got != "not scanned: there are no advisories of npm and the network is not allowed: run kustoms db update --allow-network npm" {
		t.Errorf("without data: %s", got)
	}
	for _, id := range []string{"X-1", "X-2", "X-3"} {
		if err := s.Update(context.Background(), source(t, advisories(t, id, "npm")), []string{"npm"}, nil); err != nil {
			t.Fatal(err)
		}
		if got := holds(t, s, "npm"); got != id {
			t.Errorf("got %s, want %s", got, id)
		}
	}
	indexes, _ := filepath.Glob(filepath.Join(s.Dir, "*.db"))
	if len(indexes) != 2 {
		t.Errorf("%v: want this generation and the one before", indexes)
	}
	// Going back is renaming one file.
	if err := os.Rename(filepath.Join(s.Dir, "db.previous.json"), filepath.Join(s.Dir, "db.json")); err != nil {
		t.Fatal(err)
	}
	if got := holds(t, s, "npm"); got != "X-2" {
		t.Errorf("the generation before: %s", got)
	}
	// An ecosystem more leaves the others.
	if err := s.Update(context.Background(), source(t, advisories(t, "Y-1", "PyPI")), []string{"PyPI"}, nil); err != nil {
		t.Fatal(err)
	}
	if a, b := holds(t, s, "npm"), holds(t, s, "PyPI"); a != "X-2" || b != "Y-1" {
		t.Errorf("%s, %s", a, b)
	}
}

// TestConcurrent: updates wait for each other, and scans read whole
// generations meanwhile.
func TestConcurrent(t *testing.T) {
	s := store(t)
	a, b := advisories(t, "X-1", "npm"), advisories(t, "X-2", "npm")
	if err := s.Update(context.Background(), source(t, a), []string{"npm"}, nil); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			if err := s.Update(context.Background(), source(t, []string{a, b}[i%2]), []string{"npm"}, nil); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			// Between reading the catalogue and opening, two updates may pass.
			if got := holds(t, s, "npm"); got != "X-1" && got != "X-2" && !strings.Contains(got, "no such file") {
				t.Error(got)
			}
		})
	}
	wg.Wait()
	if err := s.Verify(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestVerify(t *testing.T) {
	s := store(t)
	if err := s.Verify(context.Background()); !errors.Is(err, db.ErrNone) {
		t.Errorf("without data: %v", err)
	}
	if err := s.Update(context.Background(), source(t, advisories(t, "X-1", "npm", "Go")), []string{"npm", "Go"}, nil); err != nil {
		t.Fatal(err)
	}
	cat, err := s.Read()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.Dir, cat.Ecosystems["npm"].File)
	data := read(t, file)
	data[len(data)/2] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(context.Background()); err == nil || !strings.Contains(err.Error(), "npm: checksum is") || strings.Contains(err.Error(), "Go:") {
		t.Errorf("damaged: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got := holds(t, s, "npm"); !strings.Contains(got, "run kustoms db update --allow-network npm") {
		t.Errorf("gone: %s", got)
	}
	if err := os.WriteFile(filepath.Join(s.Dir, "db.json"), []byte(`{"ecosystems":{"npm":{"file":"../../etc/passwd"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := holds(t, s, "npm"); !strings.Contains(got, "no advisories of npm") {
		t.Errorf("a catalogue that leads outside: %s", got)
	}
}

func TestBundle(t *testing.T) {
	s := store(t)
	if err := s.Update(context.Background(), source(t, advisories(t, "X-1", "npm", "Rocky Linux")), []string{"npm", "Rocky Linux"}, nil); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.Export(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "db.tar")
	put := func(data []byte) string {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	other := store(t)
	took, err := other.Import(context.Background(), put(b.Bytes()), nil, nil)
	slices.Sort(took)
	if err != nil || strings.Join(took, ",") != "Rocky Linux,npm" || holds(t, other, "npm") != "X-1" {
		t.Errorf("%v %v %s", took, err, holds(t, other, "npm"))
	}
	was, _ := s.Read()
	is, _ := other.Read()
	if !was.Ecosystems["npm"].AsOf.Equal(is.Ecosystems["npm"].AsOf) {
		t.Error("an import makes data young")
	}
	changed := slices.Clone(b.Bytes())
	changed[len(changed)/2] ^= 0xff
	for name, data := range map[string][]byte{"cut off": b.Bytes()[:b.Len()/2], "changed": changed, "empty": nil, "text": []byte("text")} {
		fresh := store(t)
		if _, err := fresh.Import(context.Background(), put(data), nil, nil); err == nil {
			t.Errorf("%s: taken", name)
		}
		if got := holds(t, fresh, "npm"); !strings.HasPrefix(got, "not scanned") {
			t.Errorf("%s: %s", name, got)
		}
	}
	// One that names a file outside.
	var evil bytes.Buffer
	w := tar.NewWriter(&evil)
	cat := `{"format":1,"ecosystems":{"npm":{"file":"../x.db"}}}`
	_ = w.WriteHeader(&tar.Header{Name: "db.json", Size: int64(len(cat)), Mode: 0o600})
	_, _ = io.WriteString(w, cat)
	w.Close()
	if _, err := store(t).Import(context.Background(), put(evil.Bytes()), nil, nil); err == nil {
		t.Error("a bundle that leads outside is taken")
	}
	// A folder, whole.
	fresh := store(t)
	took, err = fresh.Import(context.Background(), advisories(t, "X-9", "npm", "Go"), nil, nil)
	if err != nil || strings.Join(took, ",") != "Go,npm" || holds(t, fresh, "Go") != "X-9" {
		t.Errorf("%v %v", took, err)
	}
}

// TestAge: old data fails, unless allowed, and is fetched anew where it can be.
func TestAge(t *testing.T) {
	s := store(t)
	dir := advisories(t, "X-1", "npm")
	old := now.Add(-6 * 24 * time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "npm", "all.zip"), old, old); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(context.Background(), source(t, dir), []string{"npm"}, nil); err != nil {
		t.Fatal(err)
	}
	open := func(o *db.Opener) (*db.Data, error) {
		o.Store = s
		t.Cleanup(func() { o.Close() })
		return o.Open(context.Background(), []string{"npm"})
	}
	var de *image.DataError
	_, err := open(&db.Opener{MaxAge: db.DefaultMaxAge, Why: "the network is not allowed"})
	if !errors.As(err, &de) || err.Error() != "not scanned: the advisories of npm are older than 5 days and the network is not allowed: run kustoms db update --allow-network npm" {
		t.Errorf("stale: %v", err)
	}
	if d, err := open(&db.Opener{}); err != nil || !d.AsOf.Equal(old.UTC()) {
		t.Errorf("any age: %v", err)
	}
	if d, err := open(&db.Opener{MaxAge: db.DefaultMaxAge, Source: source(t, advisories(t, "X-2", "npm"))}); err != nil || now.Sub(d.AsOf) > time.Hour {
		t.Errorf("fetched anew: %v", err)
	}
}
