package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Image is an open image: its layers are not read yet.
type Image struct {
	ID     result.ImageID
	Layers []result.Layer // the lowest first
	// Config is what the image runs as: user, environment, labels, history.
	Config *v1.ConfigFile
	// Platforms are those that the index which led here has images for.
	Platforms []string

	img     v1.Image
	from    name.Reference // of the registry that answered; nil for files
	secrets func(name, text string) []result.Finding
	layers  []v1.Layer
	plain   bool // layers are stored uncompressed
	// keep keeps the configuration for the next run; it must hold no secret.
	keep func()
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(s[:])
}

// newImage checks configuration and layers against the manifest.
func (r *Reader) newImage(written string, img v1.Image, plain bool) (*Image, error) {
	m, err := img.Manifest()
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	digest, err := img.Digest()
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	if !m.Config.MediaType.IsConfig() {
		return nil, fmt.Errorf("no container image: its configuration is of type %q", m.Config.MediaType)
	}
	if len(m.Layers) > maxLayers {
		return nil, &image.LimitError{What: "number of layers", Limit: maxLayers}
	}
	if m.Config.Size > maxManifest {
		return nil, &image.LimitError{What: "size of the configuration in bytes", Limit: maxManifest}
	}
	raw, err := r.config(m.Config.Digest.String(), img)
	if err != nil {
		return nil, err
	}
	var cf v1.ConfigFile
	if err := json.Unmarshal(raw, &cf); err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	layers, err := img.Layers()
	if err != nil {
		return nil, fmt.Errorf("reading the list of layers: %w", err)
	}
	if len(cf.RootFS.DiffIDs) != len(layers) || len(layers) != len(m.Layers) {
		return nil, fmt.Errorf("the manifest lists %d layers, and the configuration %d", len(m.Layers), len(cf.RootFS.DiffIDs))
	}
	out := &Image{ID: result.ImageID{Ref: written, Digest: digest.String()}, Config: &cf, img: img, layers: layers, plain: plain}
	if cf.OS != "" {
		out.ID.Platform = strings.TrimSuffix(cf.OS+"/"+cf.Architecture+"/"+cf.Variant, "/")
	}
	steps := make([]string, 0, len(layers))
	for _, h := range cf.History {
		if !h.EmptyLayer {
			steps = append(steps, strings.ToValidUTF8(clip(h.CreatedBy), "?"))
		}
	}
	for i, d := range cf.RootFS.DiffIDs {
		l := result.Layer{Index: i, Digest: m.Layers[i].Digest.String(), DiffID: d.String()}
		if len(steps) == len(layers) { // else the history is not one step a layer
			l.CreatedBy = steps[i]
		}
		out.Layers = append(out.Layers, l)
	}
	out.keep = func() {
		_ = r.o.Cache.Put(cacheSpace, m.Config.Digest.String(), raw) // what cannot be kept is read again
	}
	markBase(out.Layers, &cf)
	return out, nil
}

// cacheSpace holds configurations.
const cacheSpace = "image-config"

// config is the configuration of an image, of the digest that the manifest
// names.
func (r *Reader) config(digest string, img v1.Image) ([]byte, error) {
	if raw, ok, _ := r.o.Cache.Get(cacheSpace, digest, maxManifest); ok && sum(raw) == digest {
		return raw, nil
	}
	raw, err := img.RawConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	if got := sum(raw); got != digest {
		return nil, fmt.Errorf("the configuration has digest %s, and the manifest names %s", got, digest)
	}
	return raw, nil
}

func clip(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}

// markBase says which layers are the base image's, as far as the image tells.
// A Dockerfile's FROM leaves its CMD or ENTRYPOINT in the history, above the
// base's own layers: what lies below the last such step but the final one is
// the base. With one step alone nothing is known but the lowest layer, which
// a base image brings whenever there are others above it.
func markBase(layers []result.Layer, cf *v1.ConfigFile) {
	if len(layers) < 2 {
		return
	}
	ends := []int{} // layers below a CMD or ENTRYPOINT
	n := 0
	for i, h := range cf.History {
		if !h.EmptyLayer {
			n++
			continue
		}
		if (strings.Contains(h.CreatedBy, "CMD [") || strings.Contains(h.CreatedBy, "ENTRYPOINT [")) && i < len(cf.History)-1 && n < len(layers) {
			ends = append(ends, n)
		}
	}
	base := 1
	if len(ends) > 0 {
		base = ends[len(ends)-1]
	}
	for i := range min(base, len(layers)) {
		layers[i].Base = true
	}
}

// Open opens layer i uncompressed. Compare what was read with its DiffID.
func (m *Image) Open(i int) (io.ReadCloser, error) {
	if m.plain {
		return m.layers[i].Uncompressed()
	}
	rc, err := m.layers[i].Compressed()
	if err != nil {
		return nil, err
	}
	return decompress(rc)
}

// maxWindow bounds the memory that a zstd frame may ask for.
const maxWindow = 128 << 20

// decompress tells the compression by its first bytes: media types lie.
func decompress(rc io.ReadCloser) (io.ReadCloser, error) {
	head := make([]byte, 4)
	n, err := io.ReadFull(rc, head)
	if err != nil && n == 0 && err != io.EOF {
		rc.Close()
		return nil, err
	}
	in := io.MultiReader(bytes.NewReader(head[:n]), rc)
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		if err != nil {
			rc.Close()
			return nil, err
		}
		return &closer{z, func() { z.Close() }, rc}, nil
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(in, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			rc.Close()
			return nil, err
		}
		return &closer{z, z.Close, rc}, nil
	}
	return &closer{in, func() {}, rc}, nil
}

type closer struct {
	io.Reader
	inner func()
	outer io.Closer
}

func (c *closer) Close() error {
	c.inner()
	return c.outer.Close()
}

func (r *Reader) openLayout(ref, dir string) (*Image, error) {
	dir, tag, _ := cutTag(dir)
	p, err := layout.FromPath(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the OCI folder %q: %w", dir, err)
	}
	idx, err := p.ImageIndex()
	if err != nil {
		return nil, fmt.Errorf("reading the OCI folder %q: %w", dir, err)
	}
	if tag != "" {
		m, err := idx.IndexManifest()
		if err != nil {
			return nil, err
		}
		for _, d := range m.Manifests {
			if d.Annotations["org.opencontainers.image.ref.name"] != tag {
				continue
			}
			if d.MediaType.IsIndex() {
				nested, err := idx.ImageIndex(d.Digest)
				if err != nil {
					return nil, err
				}
				return r.choose(ref, nested)
			}
			img, err := idx.Image(d.Digest)
			if err != nil {
				return nil, err
			}
			return r.newImage(ref, img, false)
		}
		return nil, fmt.Errorf("the OCI folder %q holds no %q", dir, tag)
	}
	m, err := idx.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(m.Manifests) == 1 && m.Manifests[0].MediaType.IsImage() {
		img, err := idx.Image(m.Manifests[0].Digest)
		if err != nil {
			return nil, err
		}
		return r.newImage(ref, img, false)
	}
	return r.choose(ref, idx)
}

// cutTag cuts "dir:tag", where the whole is no folder itself.
func cutTag(dir string) (string, string, bool) {
	if _, err := os.Stat(dir); err == nil {
		return dir, "", false
	}
	i := strings.LastIndexByte(dir, ':')
	if i < 0 || strings.ContainsRune(dir[i:], '/') {
		return dir, "", false
	}
	return dir[:i], dir[i+1:], true
}

func (r *Reader) openArchive(ref, file string) (*Image, error) {
	var tag *name.Tag
	file, t, _ := cutArchiveTag(file)
	if t != "" {
		parsed, err := name.NewTag(t)
		if err != nil {
			return nil, fmt.Errorf("archive %q: %w", file, err)
		}
		tag = &parsed
	}
	img, err := tarball.ImageFromPath(file, tag)
	if err != nil {
		return nil, fmt.Errorf("reading the archive %q: %w", file, err)
	}
	return r.newImage(ref, img, true)
}

// cutArchiveTag cuts "file:repository:tag", where the whole is no file.
func cutArchiveTag(file string) (string, string, bool) {
	if _, err := os.Stat(file); err == nil {
		return file, "", false
	}
	return strings.Cut(file, ":")
}
