package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// created is when an attachment was made, RFC 3339.
const created = "org.opencontainers.image.created"

// subject is the image's manifest, where it was found.
func (m *Image) subject() (name.Digest, error) {
	if m.from == nil {
		return name.Digest{}, ErrNotRemote
	}
	return m.from.Context().Digest(m.ID.Digest), nil
}

func (r *Reader) options(ctx context.Context) []remote.Option {
	// The transport repeats by itself, with jitter and as servers ask.
	return []remote.Option{
		remote.WithContext(ctx), remote.WithTransport(r.o.Transport), remote.WithAuthFromKeychain(r.o.Keychain),
		remote.WithRetryBackoff(remote.Backoff{Steps: 1}),
	}
}

// Attached reads what is attached to an image as referrers of one artifact
// type, the newest first, until take says that it has enough. Each is one
// document of at most limit bytes, verified by its digests; one that cannot be
// read is passed over, for anybody may attach anything. No more than most are
// read.
func (r *Reader) Attached(ctx context.Context, m *Image, artifact string, limit int64, most int, take func(data []byte) bool) error {
	at, err := m.subject()
	if err != nil {
		return err
	}
	opts := r.options(ctx)
	idx, err := remote.Referrers(at, append(slices.Clone(opts), remote.WithFilter("artifactType", artifact))...)
	if err != nil {
		return fmt.Errorf("listing what is attached: %w", err)
	}
	list, err := idx.IndexManifest()
	if err != nil {
		return fmt.Errorf("listing what is attached: %w", err)
	}
	all := slices.Clone(list.Manifests)
	slices.SortStableFunc(all, func(a, b v1.Descriptor) int { return strings.Compare(b.Annotations[created], a.Annotations[created]) })
	for _, d := range all[:min(len(all), most)] {
		data, err := attachment(at.Context().Digest(d.Digest.String()), m.ID.Digest, limit, opts)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil && take(data) {
			return nil
		}
	}
	return nil
}

func attachment(ref name.Digest, subject string, limit int64, opts []remote.Option) ([]byte, error) {
	img, err := remote.Image(ref, opts...) // verifies the manifest's digest
	if err != nil {
		return nil, err
	}
	manifest, err := img.Manifest()
	if err != nil {
		return nil, err
	}
	if manifest.Subject == nil || manifest.Subject.Digest.String() != subject {
		return nil, errors.New("it is attached to something else")
	}
	layers, err := img.Layers()
	if err != nil || len(layers) != 1 || manifest.Layers[0].Size > limit {
		return nil, errors.New("it is not one document, or too large")
	}
	rc, err := layers[0].Compressed() // verifies digest and size
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	data, err := io.ReadAll(io.LimitReader(rc, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = &image.LimitError{What: "size of an attachment in bytes", Limit: limit}
	}
	return data, err
}

// Attach puts a document beside the image, as a referrer.
func (r *Reader) Attach(ctx context.Context, m *Image, artifact string, data []byte, when string, notes map[string]string) error {
	at, err := m.subject()
	if err != nil {
		return err
	}
	raw, err := m.img.RawManifest()
	if err != nil {
		return err
	}
	mt, err := m.img.MediaType()
	if err != nil {
		return err
	}
	digest, err := v1.NewHash(m.ID.Digest)
	if err != nil {
		return err
	}
	doc, err := mutate.Append(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.MediaType(artifact)),
		mutate.Addendum{Layer: static.NewLayer(data, types.MediaType(artifact))})
	if err != nil {
		return err
	}
	annotations := map[string]string{created: when}
	for k, v := range notes {
		annotations[k] = v
	}
	// In this order: annotating takes a subject away.
	attached, ok := mutate.Subject(mutate.Annotations(doc, annotations), v1.Descriptor{MediaType: mt, Size: int64(len(raw)), Digest: digest}).(v1.Image)
	if !ok {
		return errors.New("an image with a subject is no image") // of the library
	}
	own, err := partial.Descriptor(attached)
	if err != nil {
		return err
	}
	if err := remote.Write(at.Context().Digest(own.Digest.String()), attached, r.options(ctx)...); err != nil {
		return fmt.Errorf("attaching to the image: %w", err)
	}
	return nil
}
