package db

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image/match"
)

// Export writes the store's indexes as one tar, for a network without a way
// out: the catalogue first, then each index. Import takes it.
func (s *Store) Export(ctx context.Context, w io.Writer) error {
	c, err := s.Read()
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	tw := tar.NewWriter(w)
	put := func(name string, size int64, r io.Reader) error {
		if err := tw.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
			return err
		}
		_, err := io.CopyN(tw, r, size)
		return err
	}
	if err := put(catalogueName, int64(len(data)), bytes.NewReader(data)); err != nil {
		return err
	}
	for _, eco := range slices.Sorted(maps.Keys(c.Ecosystems)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := c.Ecosystems[eco]
		f, err := os.Open(filepath.Join(s.Dir, e.File))
		if err != nil {
			return err
		}
		err = put(e.File, e.Size, f)
		f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", eco, err)
		}
	}
	return tw.Close()
}

// Import takes a file that Export wrote, or a folder of archives, of which it
// takes the named ecosystems or all. It returns what it took.
func (s *Store) Import(ctx context.Context, from string, ecosystems []string, tell Progress) ([]string, error) {
	st, err := os.Stat(from)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return s.importBundle(ctx, from)
	}
	src := dirSource(from)
	if len(ecosystems) == 0 {
		ecosystems = src.ecosystems()
		slices.Sort(ecosystems)
		ecosystems = slices.Compact(ecosystems)
	}
	if len(ecosystems) == 0 {
		return nil, fmt.Errorf("%q holds no archive: want <Ecosystem>/all.zip, below it or below osv-scanner or osv-scalibr", from)
	}
	return ecosystems, s.Update(ctx, src, ecosystems, tell)
}

func (s *Store) importBundle(ctx context.Context, from string) (took []string, err error) {
	f, err := os.Open(from)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tr := tar.NewReader(f)
	hdr, err := tr.Next()
	if err != nil || hdr.Name != catalogueName || hdr.Size > 1<<20 {
		return nil, fmt.Errorf("%q is no export of kustoms db", from)
	}
	data, err := io.ReadAll(tr)
	if err != nil {
		return nil, err
	}
	bundle, err := parseCatalogue(data)
	if err != nil {
		return nil, err
	}
	if bundle.Format != match.Format {
		return nil, fmt.Errorf("%q: %w", from, match.ErrFormat)
	}
	err = s.change(ctx, func(c *Catalogue) error {
		for {
			hdr, err := tr.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			eco := ""
			for name, e := range bundle.Ecosystems {
				if e.File == hdr.Name {
					eco = name
				}
			}
			if eco == "" || hdr.Size > maxArchive {
				return fmt.Errorf("%q holds %q, which its catalogue does not name", from, hdr.Name)
			}
			e, err := s.take(tr, bundle.Ecosystems[eco])
			if err != nil {
				return fmt.Errorf("%s: %w", eco, err)
			}
			c.Ecosystems[eco] = e
			took = append(took, eco)
		}
		if len(took) != len(bundle.Ecosystems) {
			return fmt.Errorf("%q is cut off: it holds %d of %d ecosystems", from, len(took), len(bundle.Ecosystems))
		}
		return nil
	})
	return took, err
}

func (s *Store) take(r io.Reader, e Entry) (Entry, error) {
	tmp, err := os.CreateTemp(s.Dir, "new-")
	if err != nil {
		return e, err
	}
	defer os.Remove(tmp.Name())
	_, err = io.Copy(tmp, r)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return e, err
	}
	taken, err := s.adopt(tmp.Name(), e)
	if err != nil {
		return e, err
	}
	x, err := match.Open(filepath.Join(s.Dir, taken.File))
	if err != nil {
		return e, err
	}
	return taken, x.Close()
}

// Age is how old an entry is.
func (s *Store) Age(e Entry) time.Duration { return s.Now().Sub(e.AsOf) }
