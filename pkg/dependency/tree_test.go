package dependency

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/network"
	"github.com/kustoms-dev/kustoms/pkg/render"
)

// tarball packs headers; a regular file holds its own name.
func tarball(t *testing.T, hs ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range hs {
		h.Mode = 0o644
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(h.Name))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(h.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTree(t *testing.T) {
	data := tarball(t,
		tar.Header{Name: "r-1/a.yaml", Typeflag: tar.TypeReg},
		tar.Header{Name: "r-1/b/c.yaml", Typeflag: tar.TypeReg},
		tar.Header{Name: "../up.yaml", Typeflag: tar.TypeReg},
		tar.Header{Name: "r-1/../../up.yaml", Typeflag: tar.TypeReg},
		tar.Header{Name: "/etc/abs.yaml", Typeflag: tar.TypeReg},
		tar.Header{Name: "r-1/b/link.yaml", Typeflag: tar.TypeSymlink, Linkname: "../a.yaml"},
		tar.Header{Name: "r-1/out.yaml", Typeflag: tar.TypeSymlink, Linkname: "../../etc/passwd"},
		tar.Header{Name: "r-1/abs.yaml", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		tar.Header{Name: "r-1/loop.yaml", Typeflag: tar.TypeSymlink, Linkname: "loop.yaml"},
	)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/o/r/archive/v1.tar.gz", "/g/s/r/-/archive/feature/x/r.tar.gz":
			w.Write(data)
		case "/o/login/archive/HEAD.tar.gz", "/o/login/-/archive/HEAD/login.tar.gz":
			w.Write([]byte("<html>log in</html>"))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "http://")
	store := cache.Open(t.TempDir())
	on := &Source{Cache: store, Policy: network.Policy{Allow: true, Insecure: []string{host}}}
	for _, ref := range []render.TreeRef{
		{Repository: s.URL + "/o/r", Revision: "v1"},
		{Repository: s.URL + "/o/r.git", Revision: "v1"},
		{Repository: s.URL + "/g/s/r", Revision: "feature/x"},
	} {
		for _, from := range []*Source{on, {Cache: store}} { // fetched, then cached
			files, err := from.Tree(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for n := range files {
				names = append(names, n)
			}
			slices.Sort(names)
			if want := []string{"a.yaml", "b/c.yaml", "b/link.yaml"}; !slices.Equal(names, want) {
				t.Errorf("%s holds %q, want %q", ref, names, want)
			}
			if got := string(files["b/link.yaml"]); got != "r-1/a.yaml" {
				t.Errorf("the link holds %q", got)
			}
		}
	}
	for _, tc := range []struct {
		s         *Source
		ref       render.TreeRef
		msg, hint string
	}{
		{on, render.TreeRef{Repository: s.URL + "/o/none"}, "404", ""},
		{on, render.TreeRef{Repository: s.URL + "/o/login"}, "is no archive", ""},
		{on, render.TreeRef{Repository: "https://elsewhere.example.com/o/r"}, "elsewhere.example.com is not reached", "--allow-host elsewhere.example.com"},
		{&Source{}, render.TreeRef{Repository: s.URL + "/o/r", Revision: "v1"}, "at v1 is remote and not in the cache", "kustoms deps --allow-network"},
	} {
		_, err := tc.s.Tree(t.Context(), tc.ref)
		f := render.AsFault(err)
		if err == nil || !strings.Contains(f.Msg, tc.msg) || !strings.Contains(f.Hint, tc.hint) {
			t.Errorf("%s: error %v, hint %q; want %q, %q", tc.ref, err, f.Hint, tc.msg, tc.hint)
		}
	}
}

// An archive of gigabytes of zeros is not unpacked.
func TestTreeBomb(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: "r/zeros", Typeflag: tar.TypeReg, Size: maxTree + 1}); err != nil {
		t.Fatal(err)
	}
	z.Close()
	if _, err := unpack(b.Bytes()); err == nil || !strings.Contains(err.Error(), "more than 256 MB") {
		t.Errorf("error %v", err)
	}
}
