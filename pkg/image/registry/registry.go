// Package registry opens images where they are: in a registry, in an OCI
// folder (oci:DIR) or in an archive of docker save (docker-archive:FILE).
// Manifests and configurations are checked against their digests here, layers
// by whoever reads them, against Image.DiffIDs.
package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Options say what may be opened, and how.
type Options struct {
	// Secrets finds the credentials in a text that has a name; nil for none.
	Secrets func(name, text string) []result.Finding
	// Transport reaches registries; it refuses hosts that the operator did
	// not allow, and repeats what failed for the moment.
	Transport http.RoundTripper
	// Allowed is asked before a registry is contacted, so that an image says
	// which registry it needs. nil allows what Transport does.
	Allowed func(host string) error
	// Insecure registries are spoken to by plain HTTP.
	Insecure []string
	// Mirrors are tried before a registry, in order: "docker.io" →
	// "mirror.example.com/dockerhub".
	Mirrors map[string][]string
	// Platform is "os/arch[/variant]"; "" is linux/amd64 or, where an image
	// has none, its first one for Linux.
	Platform string
	// Keychain holds credentials; nil is the operator's docker and podman
	// configuration with its helpers.
	Keychain authn.Keychain
	// Cache keeps configurations by digest; nil keeps none.
	Cache *cache.Store
	// Local allows oci: and docker-archive:, for references that the operator
	// typed. A repository's references never lead to files.
	Local bool
}

// maxLayers and maxManifest bound what an image may list. Runtimes allow 127
// layers.
const (
	maxLayers   = 500
	maxManifest = 8 << 20
)

// Reader opens images. Safe for concurrent use.
type Reader struct{ o Options }

// New checks the options.
func New(o Options) (*Reader, error) {
	if o.Platform != "" {
		if p, err := v1.ParsePlatform(o.Platform); err != nil || p.OS == "" || p.Architecture == "" {
			return nil, fmt.Errorf("platform %q: want os/arch or os/arch/variant, such as linux/arm64", o.Platform)
		}
	}
	if o.Keychain == nil {
		o.Keychain = authn.DefaultKeychain
	}
	return &Reader{o}, nil
}

// Platforms lists the platforms that an image is there for; of one for a
// single platform, none.
func (r *Reader) Platforms(ctx context.Context, ref string) ([]string, error) {
	img, err := r.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	return img.Platforms, nil
}

// Open reads the manifest and the configuration of an image. The error says
// what an operator can do.
func (r *Reader) Open(ctx context.Context, ref string) (*Image, error) {
	if p := image.PlatformOf(ctx); p != "" {
		own := *r
		own.o.Platform = p
		r = &own
	}
	img, err := r.open(ctx, ref)
	if err == nil {
		img.secrets = r.o.Secrets
	}
	return img, err
}

func (r *Reader) open(ctx context.Context, ref string) (*Image, error) {
	if dir, ok := strings.CutPrefix(ref, "oci:"); ok && r.o.Local {
		return r.openLayout(ref, dir)
	}
	if file, ok := strings.CutPrefix(ref, "docker-archive:"); ok && r.o.Local {
		return r.openArchive(ref, file)
	}
	parsed, err := r.parse(ref)
	if err != nil {
		return nil, fmt.Errorf("not an image reference: %w", err)
	}
	var errs []error
	for _, candidate := range r.candidates(parsed) {
		img, err := r.openRemote(ctx, ref, candidate)
		if err == nil {
			img.from = candidate
			return img, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		errs = append(errs, err)
	}
	if len(errs) > 1 {
		for i, c := range r.candidates(parsed) {
			errs[i] = fmt.Errorf("%s: %w", c.Context().RegistryStr(), errs[i])
		}
	}
	return nil, errors.Join(errs...)
}

func (r *Reader) parse(ref string) (name.Reference, error) {
	// A reference with tag and digest is the digest's; the tag is for people.
	if n, digest, ok := strings.Cut(ref, "@"); ok {
		if i := strings.LastIndexByte(n, ':'); i > strings.LastIndexByte(n, '/') {
			ref = n[:i] + "@" + digest
		}
	}
	host, _, _ := strings.Cut(ref, "/")
	if slices.Contains(r.o.Insecure, host) {
		return name.ParseReference(ref, name.Insecure)
	}
	return name.ParseReference(ref)
}

// candidates are the mirrors of the reference's registry, then itself.
func (r *Reader) candidates(ref name.Reference) []name.Reference {
	host := ref.Context().RegistryStr()
	mirrors := r.o.Mirrors[host]
	if host == name.DefaultRegistry {
		mirrors = slices.Concat(mirrors, r.o.Mirrors["docker.io"])
	}
	var out []name.Reference
	for _, m := range mirrors {
		sep := ":"
		if _, ok := ref.(name.Digest); ok {
			sep = "@"
		}
		if p, err := r.parse(m + "/" + ref.Context().RepositoryStr() + sep + ref.Identifier()); err == nil {
			out = append(out, p)
		}
	}
	return append(out, ref)
}

func (r *Reader) openRemote(ctx context.Context, written string, ref name.Reference) (*Image, error) {
	host := ref.Context().RegistryStr()
	if err := r.allowed(written, host); err != nil {
		return nil, err
	}
	desc, err := remote.Get(ref, r.options(ctx)...)
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	if len(desc.Manifest) > maxManifest {
		return nil, &image.LimitError{What: "size of the manifest in bytes", Limit: maxManifest}
	}
	if desc.MediaType.IsIndex() {
		idx, err := desc.ImageIndex()
		if err != nil {
			return nil, fmt.Errorf("reading the index: %w", err)
		}
		return r.choose(written, idx)
	}
	if !desc.MediaType.IsImage() && desc.MediaType != "" {
		return nil, fmt.Errorf("%s is no container image: its manifest is of type %q", ref, desc.MediaType)
	}
	img, err := desc.Image()
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	return r.newImage(written, img, false)
}

// choose opens the image of an index that is for the platform.
func (r *Reader) choose(written string, idx v1.ImageIndex) (*Image, error) {
	m, err := idx.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("reading the index: %w", err)
	}
	var images []v1.Descriptor
	var has []string
	for _, d := range m.Manifests {
		if d.MediaType.IsIndex() && len(m.Manifests) == 1 { // an OCI folder holds an index of one index
			nested, err := idx.ImageIndex(d.Digest)
			if err != nil {
				return nil, err
			}
			return r.choose(written, nested)
		}
		if !d.MediaType.IsImage() || d.Platform != nil && d.Platform.OS == "unknown" { // attestations
			continue
		}
		images = append(images, d)
		if d.Platform != nil {
			has = append(has, d.Platform.String())
		}
	}
	at := func(ok func(v1.Platform) bool) int {
		return slices.IndexFunc(images, func(d v1.Descriptor) bool { return d.Platform != nil && ok(*d.Platform) })
	}
	var i int
	if r.o.Platform == "" {
		if i = at(func(p v1.Platform) bool { return p.OS == "linux" && p.Architecture == "amd64" }); i < 0 {
			if i = at(func(p v1.Platform) bool { return p.OS == "linux" }); i < 0 && len(images) == 1 {
				i = 0
			}
		}
	} else {
		want, _ := v1.ParsePlatform(r.o.Platform)
		if i = at(func(p v1.Platform) bool { return p.Satisfies(*want) }); i < 0 && len(images) == 1 && images[0].Platform == nil {
			i = 0
		}
	}
	if i < 0 {
		return nil, fmt.Errorf("the index has no image for %s, only for: %s", cmp.Or(r.o.Platform, "linux"), cmp.Or(strings.Join(has, ", "), "none"))
	}
	child, err := idx.Image(images[i].Digest)
	if err != nil {
		return nil, fmt.Errorf("reading the manifest for %v: %w", images[i].Platform, err)
	}
	img, err := r.newImage(written, child, false)
	if err != nil {
		return nil, err
	}
	if img.ID.Digest != images[i].Digest.String() {
		return nil, fmt.Errorf("the manifest has digest %s, and the index names %s", img.ID.Digest, images[i].Digest)
	}
	if d, err := idx.Digest(); err == nil {
		img.ID.Index = d.String()
	}
	img.Platforms = has
	return img, nil
}
