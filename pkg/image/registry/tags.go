package registry

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// Tags lists the tags of a reference's repository, in no order.
func (r *Reader) Tags(ctx context.Context, ref string) ([]string, error) {
	parsed, err := r.parse(ref)
	if err != nil {
		return nil, fmt.Errorf("not an image reference: %w", err)
	}
	host := parsed.Context().RegistryStr()
	if err := r.allowed(ref, host); err != nil {
		return nil, err
	}
	tags, err := remote.List(parsed.Context(), r.options(ctx)...)
	if err != nil {
		return nil, fmt.Errorf("listing tags: %w", err)
	}
	return tags, nil
}

// allowed says whether a registry may be asked; the error is an
// *image.NotAllowedError.
func (r *Reader) allowed(ref, host string) error {
	if r.o.Transport == nil {
		return &image.NotAllowedError{Ref: ref, Registry: host, Flag: "--allow-network"}
	}
	if r.o.Allowed != nil {
		if err := r.o.Allowed(host); err != nil {
			return &image.NotAllowedError{Ref: ref, Registry: host, Flag: "--allow-network --registry " + host}
		}
	}
	return nil
}
