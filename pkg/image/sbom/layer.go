// Package sbom lists the packages of an image. Each layer is read once, as a
// stream: the few files that say what is installed go through osv-scalibr's
// extractors, everything else is passed over, nothing is unpacked, and what a
// layer gave is kept by its DiffID, so that images that share layers share the
// reading. Merge then puts layers on top of each other as a runtime does.
//
// A layer is hostile: names lead nowhere, because nothing is written below
// them, and bytes, entries, sizes of files and time are bounded.
package sbom

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// Limits bound what reading one layer may cost. Zero fields take defaults.
type Limits struct {
	Bytes   int64 // uncompressed, default 20 GiB
	Entries int   // default 5 million
	File    int64 // of a file that is looked into, default 1 GiB
	// TempDir is where files over some megabytes are spooled, one at a time;
	// "" is the system's.
	TempDir string
}

const (
	defaultBytes   = 20 << 30
	defaultEntries = 5_000_000
	defaultFile    = 1 << 30
	maxText        = 64 << 20 // of a file in text form, which extractors read whole
	inMemory       = 4 << 20
	maxPath        = 4096
	maxFiles       = 500_000 // that are looked into
)

// Layer is what one layer says, without what is below it. It is plain data:
// its JSON form is what is kept by DiffID.
type Layer struct {
	DiffID string `json:"diffID"` // as read: compare it with the config's
	Files  []File `json:"files,omitempty"`
	// Removed are paths of lower layers that this one removes, with all below;
	// Opaque directories whose lower contents it hides.
	Removed []string `json:"removed,omitempty"`
	Opaque  []string `json:"opaque,omitempty"`
	// Masks are hashes of all paths that are no directories, sorted: what they
	// hide of lower layers.
	Masks []uint64 `json:"masks,omitempty"`
	// Notable are paths that a minimal image has none of, with what they are.
	Notable map[string][]string `json:"notable,omitempty"`
	Gaps    []image.Gap         `json:"gaps,omitempty"`
	Bytes   int64               `json:"bytes"` // uncompressed
	Entries int                 `json:"entries"`
}

// File is a file that says what is installed.
type File struct {
	Path     string    `json:"path"`
	Packages []Package `json:"packages,omitempty"`
	// Owns are files that a package manager's database says are its own, of
	// those that could hold packages.
	Owns []string `json:"owns,omitempty"`
	// Release is the text of an os-release file.
	Release string `json:"release,omitempty"`
}

// Package is a package as its file says, before the distribution is known.
type Package struct {
	Kind          string   `json:"kind"` // "deb", "apk", "rpm", "alpm"; else a language's PURL type
	Name          string   `json:"name"`
	Version       string   `json:"version"`
	Source        string   `json:"source,omitempty"`
	SourceVersion string   `json:"sourceVersion,omitempty"`
	Arch          string   `json:"arch,omitempty"`
	Licenses      []string `json:"licenses,omitempty"`
	Ecosystem     string   `json:"ecosystem,omitempty"` // of languages
	PURL          string   `json:"purl,omitempty"`      // of languages
}

// Version is part of the key under which layers are kept: raise it when the
// same layer would give another result.
const Version = "2"

// ReadLayer reads the uncompressed tar that open opens. It opens a second time
// only where a hard link stands for a file that says what is installed.
func ReadLayer(ctx context.Context, open func() (io.ReadCloser, error), lim Limits) (*Layer, error) {
	quiet()
	if lim.Bytes <= 0 {
		lim.Bytes = defaultBytes
	}
	if lim.Entries <= 0 {
		lim.Entries = defaultEntries
	}
	if lim.File <= 0 {
		lim.File = defaultFile
	}
	r := &reader{ctx: ctx, lim: lim, layer: &Layer{}, at: map[string]int{}}
	if err := r.pass(open, r.entry); err != nil {
		return nil, err
	}
	if len(r.links) > 0 {
		first := *r.layer
		if err := r.pass(open, r.linked); err != nil {
			return nil, err
		}
		r.layer.DiffID, r.layer.Bytes, r.layer.Entries = first.DiffID, first.Bytes, first.Entries
		for target, names := range r.links {
			for _, n := range names {
				r.gap(n, "is a hard link to "+target+", which the layer does not hold")
			}
		}
	}
	l := r.layer
	slices.Sort(l.Masks)
	l.Masks = slices.Compact(l.Masks)
	slices.SortFunc(l.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(l.Gaps, func(a, b image.Gap) int { return strings.Compare(a.String(), b.String()) })
	return l, nil
}

// reader reads one layer.
type reader struct {
	ctx   context.Context
	lim   Limits
	layer *Layer
	at    map[string]int      // index of Files by path: the last of a name counts
	links map[string][]string // hard links that matter, by what they link to
	tmp   *os.File
}

// bounded hashes and counts what is read, and ends it at the limit.
type bounded struct {
	ctx  context.Context
	r    io.Reader
	n    int64
	max  int64
	hash interface{ Write([]byte) (int, error) }
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	b.hash.Write(p[:n])
	if b.n += int64(n); b.n > b.max {
		return n, &image.LimitError{What: "uncompressed size of the layer in bytes", Limit: b.max}
	}
	return n, err
}

func (r *reader) pass(open func() (io.ReadCloser, error), each func(*tar.Header, io.Reader) error) (err error) {
	rc, err := open()
	if err != nil {
		return err
	}
	defer rc.Close()
	defer func() {
		if r.tmp != nil {
			r.tmp.Close()
			os.Remove(r.tmp.Name())
			r.tmp = nil
		}
	}()
	h := sha256.New()
	in := readAhead(rc)
	defer in.Close()
	b := &bounded{ctx: r.ctx, r: in, max: r.lim.Bytes, hash: h}
	buf := bufio.NewReaderSize(b, 256<<10)
	tr := tar.NewReader(buf)
	entries := 0
	for {
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading the layer: %w", err)
		}
		if entries++; entries > r.lim.Entries {
			return &image.LimitError{What: "number of entries of the layer", Limit: int64(r.lim.Entries)}
		}
		if err := each(hdr, tr); err != nil {
			return err
		}
	}
	// What follows the end of the archive counts for the digest, too.
	if _, err := io.Copy(io.Discard, buf); err != nil {
		return fmt.Errorf("reading the layer: %w", err)
	}
	r.layer.DiffID, r.layer.Bytes, r.layer.Entries = "sha256:"+hex.EncodeToString(h.Sum(nil)), b.n, entries
	return nil
}

// clean is a name as a runtime would take it: below the root, whatever it says.
func clean(name string) string { return path.Clean("/" + name)[1:] }

func (r *reader) entry(hdr *tar.Header, body io.Reader) error {
	if len(hdr.Name) > maxPath {
		r.gap(hdr.Name[:80]+"…", "its name is too long")
		return nil
	}
	name := clean(hdr.Name)
	dir, base := path.Split(name)
	if rest, ok := strings.CutPrefix(base, ".wh."); ok {
		switch {
		case rest == ".wh..opq":
			r.layer.Opaque = append(r.layer.Opaque, path.Clean(dir))
		case !strings.HasPrefix(rest, ".wh."): // others are of the storage driver
			r.layer.Removed = append(r.layer.Removed, dir+rest)
		}
		return nil
	}
	if hdr.Typeflag == tar.TypeDir {
		return nil
	}
	r.layer.Masks = append(r.layer.Masks, hash(name))
	if i, ok := r.at[name]; ok { // written again: the last one counts
		r.layer.Files[i] = File{Path: name}
	}
	r.note(name, hdr)
	switch hdr.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse:
		return r.file(name, hdr, body)
	case tar.TypeLink:
		if wanted(name, fs.FileMode(hdr.Mode)).any() {
			if r.links == nil {
				r.links = map[string][]string{}
			}
			target := clean(hdr.Linkname)
			r.links[target] = append(r.links[target], name)
		}
	}
	return nil // devices, pipes and symbolic links hold nothing
}

// linked looks at the targets of hard links, under the links' names.
func (r *reader) linked(hdr *tar.Header, body io.Reader) error {
	name := clean(hdr.Name)
	names := r.links[name]
	if len(names) == 0 || hdr.Typeflag != tar.TypeReg {
		return nil
	}
	delete(r.links, name)
	for i, n := range names {
		if i > 0 { // of one content, the first name stands for all
			if j, ok := r.at[names[0]]; ok {
				f := r.layer.Files[j]
				f.Path = n
				r.put(f)
			}
			continue
		}
		if err := r.file(n, hdr, body); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) put(f File) {
	if i, ok := r.at[f.Path]; ok {
		r.layer.Files[i] = f
		return
	}
	r.at[f.Path] = len(r.layer.Files)
	r.layer.Files = append(r.layer.Files, f)
}

func (r *reader) gap(what, why string) {
	r.layer.Gaps = append(r.layer.Gaps, image.Gap{What: fmt.Sprintf("%q", what), Why: why})
}

// file looks into a regular file, if it can say what is installed.
func (r *reader) file(name string, hdr *tar.Header, body io.Reader) error {
	w := wanted(name, fs.FileMode(hdr.Mode))
	if !w.any() {
		return nil
	}
	if len(r.layer.Files) >= maxFiles {
		return &image.LimitError{What: "number of package files of the layer", Limit: maxFiles}
	}
	in := bufio.NewReaderSize(body, 512)
	if w.binaries() {
		head, _ := in.Peek(4)
		if w = w.of(head); !w.any() {
			return nil
		}
	}
	limit := r.lim.File
	if w.text() {
		limit = min(limit, maxText)
	}
	if hdr.Size > limit {
		r.gap(name, fmt.Sprintf("is over %d bytes and was not looked into", limit))
		return nil
	}
	content, err := r.content(in, hdr.Size)
	if err != nil {
		return fmt.Errorf("reading %q: %w", name, err)
	}
	f, err := w.extract(r.ctx, name, content, hdr)
	if err != nil {
		if r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		r.gap(name, err.Error())
		// A file of a language's package that is no such file is common in
		// test data; a distribution's database that cannot be read is not.
		r.layer.Gaps[len(r.layer.Gaps)-1].Known = !w.system()
	}
	if len(f.Packages)+len(f.Owns) > 0 || f.Release != "" {
		r.put(f)
	}
	return nil
}

// content is the file in memory or, if it is large, in the spool file.
func (r *reader) content(in io.Reader, size int64) (content, error) {
	if size <= inMemory {
		data := make([]byte, size)
		if _, err := io.ReadFull(in, data); err != nil {
			return nil, err
		}
		return bytes.NewReader(data), nil
	}
	if r.tmp == nil {
		var err error
		if r.tmp, err = os.CreateTemp(r.lim.TempDir, "kustoms-layer-"); err != nil {
			return nil, err
		}
	}
	if _, err := r.tmp.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if err := r.tmp.Truncate(0); err != nil {
		return nil, err
	}
	if _, err := io.CopyN(r.tmp, in, size); err != nil {
		return nil, err
	}
	return io.NewSectionReader(r.tmp, 0, size), nil
}

// content is what extractors read: they need random access.
type content interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// hash is FNV-1a of a path.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
