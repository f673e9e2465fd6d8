package db

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/network"
)

// PublicURL is OSV's public bucket.
const PublicURL = "https://osv-vulnerabilities.storage.googleapis.com"

// maxArchive bounds one download. The largest archive in public use is some
// hundreds of megabytes.
const maxArchive = 8 << 30

// Source is where an ecosystem's archive of OSV records, all.zip, comes from.
type Source interface {
	// Fetch writes the archive to w. asOf is how old the source says that it
	// is, zero for as of now.
	Fetch(ctx context.Context, ecosystem string, w io.Writer, tell func(done, total int64)) (asOf time.Time, err error)
	String() string
}

// SourceOptions reach a source.
type SourceOptions struct {
	Client   *network.Client
	Insecure []string // registries that speak plain HTTP
	Keychain authn.Keychain
}

var errNoNetwork = errors.New("the network is not allowed (--allow-network)")

// NewSource takes an address: https://… with the layout of OSV's bucket,
// oci://registry/repository:tag, or a folder that osv-scanner, osv-scalibr or a
// mirror filled.
func NewSource(addr string, o SourceOptions) (Source, error) {
	switch {
	case strings.HasPrefix(addr, "https://"), strings.HasPrefix(addr, "http://"):
		u, err := url.Parse(addr)
		if err != nil || u.Host == "" || u.User != nil {
			return nil, fmt.Errorf("%q is not the address of a database", addr)
		}
		if o.Client == nil {
			return nil, errNoNetwork
		}
		return &httpSource{u, o.Client}, nil
	case strings.HasPrefix(addr, "oci://"):
		var opts []name.Option
		ref := strings.TrimPrefix(addr, "oci://")
		host, _, _ := strings.Cut(ref, "/")
		for _, h := range o.Insecure {
			if h == host {
				opts = append(opts, name.Insecure)
			}
		}
		parsed, err := name.ParseReference(ref, opts...)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", addr, err)
		}
		if o.Client == nil {
			return nil, errNoNetwork
		}
		if o.Keychain == nil {
			o.Keychain = authn.DefaultKeychain
		}
		return &ociSource{ref: parsed, o: o}, nil
	}
	st, err := os.Stat(addr)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return nil, fmt.Errorf("%q is no folder", addr)
	}
	return dirSource(addr), nil
}

type httpSource struct {
	base   *url.URL
	client *network.Client
}

func (s *httpSource) String() string { return s.base.String() }

func (s *httpSource) Fetch(ctx context.Context, eco string, w io.Writer, tell func(int64, int64)) (asOf time.Time, err error) {
	u := s.base.JoinPath(eco, "all.zip")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return asOf, err
	}
	res, err := s.client.Do(req)
	if err != nil {
		return asOf, err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotFound {
		return asOf, fmt.Errorf("the database has no ecosystem %q (%s: 404)", eco, u)
	}
	if res.StatusCode != http.StatusOK {
		return asOf, fmt.Errorf("%s: %s", u, res.Status)
	}
	sum := md5.New() // as the bucket gives it: against damage, not against malice
	n, err := copyTo(io.MultiWriter(w, sum), res.Body, res.ContentLength, tell)
	if err != nil {
		return asOf, fmt.Errorf("%s: %w", u, err)
	}
	if res.ContentLength >= 0 && n != res.ContentLength {
		return asOf, fmt.Errorf("%s: got %d of %d bytes", u, n, res.ContentLength)
	}
	for _, h := range res.Header.Values("x-goog-hash") {
		for _, part := range strings.Split(h, ",") {
			want, ok := strings.CutPrefix(strings.TrimSpace(part), "md5=")
			if got := base64.StdEncoding.EncodeToString(sum.Sum(nil)); ok && got != want {
				return asOf, fmt.Errorf("%s: damaged on the way: its md5 is %s, and the server says %s", u, got, want)
			}
		}
	}
	return time.Time{}, nil
}

func copyTo(w io.Writer, r io.Reader, total int64, tell func(int64, int64)) (n int64, err error) {
	buf := make([]byte, 256<<10)
	for {
		k, rerr := r.Read(buf)
		if n += int64(k); n > maxArchive {
			return n, &image.LimitError{What: "size of the archive in bytes", Limit: maxArchive}
		}
		if _, err := w.Write(buf[:k]); err != nil {
			return n, err
		}
		tell(n, total)
		if errors.Is(rerr, io.EOF) {
			return n, nil
		}
		if rerr != nil {
			return n, rerr
		}
	}
}

// dirSource is a folder of archives.
type dirSource string

func (s dirSource) String() string { return string(s) }

// file finds an ecosystem's archive. The data is as old as the file.
func (s dirSource) file(eco string) (string, time.Time, error) {
	for _, sub := range []string{"", "osv-scanner", "osv-scalibr"} {
		p := filepath.Join(string(s), sub, eco, "all.zip")
		if st, err := os.Stat(p); err == nil && st.Mode().IsRegular() {
			return p, st.ModTime(), nil
		}
	}
	return "", time.Time{}, fmt.Errorf("the folder has no %s", filepath.Join(eco, "all.zip"))
}

func (s dirSource) Fetch(ctx context.Context, eco string, w io.Writer, tell func(int64, int64)) (time.Time, error) {
	p, at, err := s.file(eco)
	if err != nil {
		return at, err
	}
	f, err := os.Open(p)
	if err != nil {
		return at, err
	}
	defer f.Close()
	_, err = copyTo(w, f, -1, tell)
	return at, err
}

// ecosystems lists those that the folder holds.
func (s dirSource) ecosystems() (out []string) {
	for _, sub := range []string{"", "osv-scanner", "osv-scalibr"} {
		files, _ := filepath.Glob(filepath.Join(string(s), sub, "*", "all.zip"))
		for _, f := range files {
			out = append(out, filepath.Base(filepath.Dir(f)))
		}
	}
	return out
}

// ociSource is an artifact whose layers are titled "<Ecosystem>/all.zip", as
// `oras push registry/repository:tag Debian/all.zip Go/all.zip` makes it.
type ociSource struct {
	ref name.Reference
	o   SourceOptions
}

func (s *ociSource) String() string { return "oci://" + s.ref.String() }

func (s *ociSource) Fetch(ctx context.Context, eco string, w io.Writer, tell func(int64, int64)) (asOf time.Time, err error) {
	img, err := remote.Image(s.ref, remote.WithContext(ctx), remote.WithTransport(s.o.Client.Transport),
		remote.WithAuthFromKeychain(s.o.Keychain), remote.WithRetryBackoff(remote.Backoff{Steps: 1}))
	if err != nil {
		return asOf, err
	}
	m, err := img.Manifest()
	if err != nil {
		return asOf, err
	}
	if t, err := time.Parse(time.RFC3339, m.Annotations["org.opencontainers.image.created"]); err == nil {
		asOf = t
	}
	var layer *v1.Descriptor
	var has []string
	for i, d := range m.Layers {
		title := path.Clean(d.Annotations["org.opencontainers.image.title"])
		if title == path.Join(eco, "all.zip") {
			layer = &m.Layers[i]
		}
		has = append(has, title)
	}
	if layer == nil {
		return asOf, fmt.Errorf("the artifact has no file %q, only: %s", path.Join(eco, "all.zip"), strings.Join(has, ", "))
	}
	l, err := img.LayerByDigest(layer.Digest)
	if err != nil {
		return asOf, err
	}
	rc, err := l.Compressed() // checks length and digest
	if err != nil {
		return asOf, err
	}
	defer rc.Close()
	_, err = copyTo(w, rc, layer.Size, tell)
	return asOf, err
}
