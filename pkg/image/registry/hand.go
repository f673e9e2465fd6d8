package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// maxSave bounds what an image may be on disk, packed.
const maxSave = 20 << 30

// Save writes the image as an OCI folder, which holds nothing else, for a
// program that reads images itself. Digests are verified on the way.
func (m *Image) Save(dir string) error {
	manifest, err := m.img.Manifest()
	if err != nil {
		return err
	}
	var size int64
	for _, l := range manifest.Layers {
		if size += l.Size; l.Size < 0 || size > maxSave {
			return &image.LimitError{What: "size of the layers in bytes", Limit: maxSave}
		}
	}
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	return p.AppendImage(m.img)
}

// Place is where a service that pulls layers itself finds one.
type Place struct {
	URI    string
	Header http.Header // credentials for URI; nil if it needs none
}

// ErrNotRemote says that an image is in a file, where no service finds it.
var ErrNotRemote = errors.New("the image is in a file, and not in a registry")

// Places are where the layers are, the lowest first: behind the registry's
// redirects, which need no credentials, or at the registry with those of this
// run, as short-lived as the registry makes them.
func (r *Reader) Places(ctx context.Context, m *Image) ([]Place, error) {
	if m.from == nil {
		return nil, ErrNotRemote
	}
	repo := m.from.Context()
	auth, err := authn.Resolve(ctx, r.o.Keychain, repo)
	if err != nil {
		return nil, fmt.Errorf("finding credentials for %s: %w", repo.RegistryStr(), err)
	}
	t, err := transport.NewWithContext(ctx, repo.Registry, auth, r.o.Transport, []string{repo.Scope(transport.PullScope)})
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", repo.RegistryStr(), err)
	}
	client := &redirected{t: t}
	out := make([]Place, 0, len(m.Layers))
	for _, l := range m.Layers {
		p, err := client.find(ctx, fmt.Sprintf("%s://%s/v2/%s/blobs/%s", repo.Scheme(), repo.RegistryStr(), repo.RepositoryStr(), l.Digest))
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", l.Digest, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// redirected follows redirects one by one, for the address and the
// credentials of the last request.
type redirected struct{ t http.RoundTripper }

const maxRedirects = 5

func (c *redirected) find(ctx context.Context, uri string) (Place, error) {
	var before *http.Response
	for range maxRedirects {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
		if err != nil {
			return Place{}, err
		}
		req.Header.Set("Range", "bytes=0-0") // some storage signs for GET alone
		req.Response = before
		res, err := c.t.RoundTrip(req)
		if err != nil {
			return Place{}, err
		}
		io.Copy(io.Discard, io.LimitReader(res.Body, 1))
		res.Body.Close()
		switch res.StatusCode {
		case http.StatusOK, http.StatusPartialContent:
			p := Place{URI: uri}
			if a := req.Header.Get("Authorization"); a != "" && a != "Bearer" && a != "Bearer " {
				p.Header = http.Header{"Authorization": {a}}
			}
			return p, nil
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			next, err := res.Location()
			if err != nil {
				return Place{}, err
			}
			uri, before = next.String(), res
		default:
			return Place{}, fmt.Errorf("the registry answers with HTTP status %d", res.StatusCode)
		}
	}
	return Place{}, fmt.Errorf("stopped after %d redirects", maxRedirects)
}
