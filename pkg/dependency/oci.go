package dependency

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/kustoms-dev/kustoms/pkg/network"
	"github.com/kustoms-dev/kustoms/pkg/render"
)

// chartLayer is the media type of the layer that holds a chart's archive
// (https://helm.sh/docs/topics/registries/).
const chartLayer = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"

// pull gets a chart of an OCI registry. The library verifies that the manifest
// and the layer have the digests that they are asked by.
func (s *Source) pull(ctx context.Context, ref render.ChartRef) ([]byte, error) {
	where := strings.TrimSuffix(strings.TrimPrefix(ref.Repository, "oci://"), "/") + "/" + ref.Name
	var opts []name.Option
	if u, err := url.Parse(ref.Repository); err == nil && s.insecure(u.Host) {
		opts = append(opts, name.Insecure)
	}
	repo, err := name.NewRepository(where, opts...)
	if err != nil {
		return nil, err
	}
	remoteOpts := []remote.Option{
		remote.WithContext(ctx), remote.WithTransport(s.client.Transport),
		remote.WithAuthFromKeychain(s.Credentials.keychain()),
		// The transport repeats requests itself.
		remote.WithRetryBackoff(remote.Backoff{Steps: 1}), remote.WithRetryStatusCodes(),
	}
	version := ref.Version
	if !ref.Pinned {
		tags, err := remote.List(repo, remoteOpts...)
		if err != nil {
			return nil, registryError(err)
		}
		for i := range tags {
			tags[i] = strings.ReplaceAll(tags[i], "_", "+") // a tag holds no "+"
		}
		if version, err = pick(ref, tags); err != nil {
			return nil, err
		}
	}
	img, err := remote.Image(repo.Tag(strings.ReplaceAll(version, "+", "_")), remoteOpts...)
	if err != nil {
		return nil, registryError(err)
	}
	m, err := img.Manifest()
	if err != nil {
		return nil, registryError(err)
	}
	for _, d := range m.Layers {
		if string(d.MediaType) != chartLayer {
			continue
		}
		if d.Size > maxArchive {
			return nil, fmt.Errorf("%w (%d MB, limit %d MB)", network.ErrTooLarge, d.Size>>20, maxArchive>>20)
		}
		layer, err := img.LayerByDigest(d.Digest)
		if err != nil {
			return nil, registryError(err)
		}
		r, err := layer.Compressed()
		if err != nil {
			return nil, registryError(err)
		}
		defer r.Close()
		data, err := io.ReadAll(io.LimitReader(r, maxArchive+1))
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", where, err)
		}
		if int64(len(data)) != d.Size {
			return nil, fmt.Errorf("reading %s: %d bytes came of %d", where, len(data), d.Size)
		}
		return data, nil
	}
	return nil, fmt.Errorf("%s:%s is no Helm chart: it has no layer of type %s", where, version, chartLayer)
}

// insecure reports whether the operator allowed plain HTTP to the host.
func (s *Source) insecure(host string) bool { return slices.Contains(s.Policy.Insecure, host) }

// registryError adds what to do.
func registryError(err error) error {
	var te *transport.Error
	if errors.As(err, &te) && (te.StatusCode == http.StatusUnauthorized || te.StatusCode == http.StatusForbidden) {
		return fmt.Errorf("%w: log in with helm registry login or docker login", err)
	}
	return err
}
