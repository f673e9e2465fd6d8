// Package db keeps vulnerability data: one index for each ecosystem, in
// generations that are replaced whole. An update builds new indexes beside the
// old ones and then renames one small file, the catalogue, which names each
// index with its checksum; the generation before stays until the next update.
package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/match"
)

// DefaultMaxAge is how old data may be.
const DefaultMaxAge = 5 * 24 * time.Hour

const (
	catalogueName = "db.json"
	previousName  = "db.previous.json"
	lockName      = "lock"
)

// Store is the data below a directory.
type Store struct {
	Dir string
	// Now is the time that ages are measured by.
	Now func() time.Time
}

// Catalogue lists a generation.
type Catalogue struct {
	Format     int              `json:"format"` // match.Format
	Ecosystems map[string]Entry `json:"ecosystems"`
}

// Entry is one index.
type Entry struct {
	File   string      `json:"file"` // in the store's directory
	SHA256 string      `json:"sha256"`
	Size   int64       `json:"size"`
	Source string      `json:"source"`
	AsOf   time.Time   `json:"asOf"` // when the source said so
	Stats  match.Stats `json:"stats"`
}

// ErrNone says that there is no data yet.
var ErrNone = errors.New("no vulnerability data")

// ecosystemForm is what an ecosystem may be called: it becomes part of paths.
var ecosystemForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._+-]{0,63}$`)

// Read reads the catalogue. The error wraps ErrNone where there is none.
func (s *Store) Read() (*Catalogue, error) { return s.read(catalogueName) }

func (s *Store) read(name string) (*Catalogue, error) {
	data, err := os.ReadFile(filepath.Join(s.Dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %q", ErrNone, s.Dir)
	}
	if err != nil {
		return nil, err
	}
	c, err := parseCatalogue(data)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", filepath.Join(s.Dir, name), err)
	}
	return c, nil
}

func parseCatalogue(data []byte) (*Catalogue, error) {
	var c Catalogue
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("damaged catalogue: %w", err)
	}
	for eco, e := range c.Ecosystems {
		if !ecosystemForm.MatchString(eco) || e.File != filepath.Base(e.File) || e.File == "" {
			return nil, fmt.Errorf("damaged catalogue: entry %q", eco)
		}
	}
	return &c, nil
}

// lock takes the store for writing.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(s.Dir, lockName))
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if _, err := l.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return nil, fmt.Errorf("waiting for another update of %q: %w", s.Dir, err)
	}
	return func() { _ = l.Unlock() }, nil
}

// Progress is told what an update does.
type Progress func(ecosystem, step string, done, total int64)

// Update fetches the ecosystems from the source and puts them into a new
// generation beside the others that the store has. Either all are replaced, or
// none.
func (s *Store) Update(ctx context.Context, src Source, ecosystems []string, tell Progress) error {
	return s.change(ctx, func(c *Catalogue) error {
		for _, eco := range ecosystems {
			e, err := s.build(ctx, src, eco, tell)
			if err != nil {
				return fmt.Errorf("%s from %s: %w", eco, src, err)
			}
			c.Ecosystems[eco] = e
		}
		return nil
	})
}

// change makes a new generation.
func (s *Store) change(ctx context.Context, f func(*Catalogue) error) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	old, err := s.Read()
	c := &Catalogue{Format: match.Format, Ecosystems: map[string]Entry{}}
	if err == nil && old.Format == match.Format {
		maps.Copy(c.Ecosystems, old.Ecosystems)
	}
	defer s.sweep()
	if err := f(c); err != nil {
		return err
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if prev, err := os.ReadFile(filepath.Join(s.Dir, catalogueName)); err == nil {
		if err := s.replace(previousName, prev); err != nil {
			return err
		}
	}
	return s.replace(catalogueName, data)
}

// replace writes a file under another name, to disk, and renames it.
func (s *Store) replace(name string, data []byte) error {
	tmp, err := os.CreateTemp(s.Dir, "new-")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), filepath.Join(s.Dir, name)); err != nil {
		return err
	}
	if d, err := os.Open(s.Dir); err == nil { // the rename, too
		_ = d.Sync()
		d.Close()
	}
	return nil
}

// build fetches one ecosystem into a temporary file and indexes it.
func (s *Store) build(ctx context.Context, src Source, eco string, tell Progress) (e Entry, err error) {
	if !ecosystemForm.MatchString(eco) {
		return e, fmt.Errorf("%q is not the name of an ecosystem", eco)
	}
	if tell == nil {
		tell = func(string, string, int64, int64) {}
	}
	tmp, err := os.CreateTemp(s.Dir, "fetch-")
	if err != nil {
		return e, err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	asOf, err := src.Fetch(ctx, eco, tmp, func(done, total int64) { tell(eco, "fetching", done, total) })
	if err != nil {
		return e, err
	}
	size, err := tmp.Seek(0, io.SeekEnd)
	if err != nil {
		return e, err
	}
	file := filepath.Join(s.Dir, "build-"+filepath.Base(tmp.Name()))
	defer os.Remove(file)
	st, err := match.Build(ctx, eco, tmp, size, file, func(done, total int) { tell(eco, "indexing", int64(done), int64(total)) })
	if err != nil {
		return e, err
	}
	if asOf.IsZero() {
		asOf = s.Now()
	}
	return s.adopt(file, Entry{Source: src.String(), AsOf: asOf.UTC().Truncate(time.Second), Stats: st})
}

// adopt gives a finished index its final name, which holds its checksum.
func (s *Store) adopt(file string, e Entry) (Entry, error) {
	digest, size, err := checksum(file)
	if err != nil {
		return e, err
	}
	if e.SHA256 != "" && e.SHA256 != digest {
		return e, fmt.Errorf("index of %s has checksum %s, and the catalogue says %s", e.Stats.Ecosystem, digest, e.SHA256)
	}
	e.SHA256, e.Size = digest, size
	e.File = strings.ReplaceAll(e.Stats.Ecosystem, " ", "_") + "-" + digest[:16] + ".db"
	return e, os.Rename(file, filepath.Join(s.Dir, e.File))
}

func checksum(file string) (string, int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// sweep removes what neither this generation nor the one before names.
func (s *Store) sweep() {
	keep := map[string]bool{catalogueName: true, previousName: true, lockName: true}
	for _, name := range []string{catalogueName, previousName} {
		c, err := s.read(name)
		if err != nil {
			if !errors.Is(err, ErrNone) {
				return // unreadable: remove nothing that it may name
			}
			continue
		}
		for _, e := range c.Ecosystems {
			keep[e.File] = true
		}
	}
	files, _ := os.ReadDir(s.Dir)
	for _, f := range files {
		n := f.Name()
		ours := strings.HasSuffix(n, ".db") || strings.HasPrefix(n, "new-") || strings.HasPrefix(n, "fetch-") || strings.HasPrefix(n, "build-")
		if ours && !keep[n] && f.Type().IsRegular() {
			_ = os.Remove(filepath.Join(s.Dir, n))
		}
	}
}

// Verify compares every index with its checksum and opens it.
func (s *Store) Verify(ctx context.Context) error {
	c, err := s.Read()
	if err != nil {
		return err
	}
	var errs []error
	for _, eco := range slices.Sorted(maps.Keys(c.Ecosystems)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := c.Ecosystems[eco]
		file := filepath.Join(s.Dir, e.File)
		digest, _, err := checksum(file)
		if err == nil && digest != e.SHA256 {
			err = fmt.Errorf("checksum is %s, and the catalogue says %s", digest, e.SHA256)
		}
		if err == nil {
			var x *match.Index
			if x, err = match.Open(file); err == nil {
				err = x.Close()
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", eco, err))
		}
	}
	return errors.Join(errs...)
}

// Missing lists the ecosystems that the store has not, or has older than
// maxAge (0: any age).
func (s *Store) Missing(ecosystems []string, maxAge time.Duration) (absent, stale []string) {
	c, err := s.Read()
	for _, eco := range ecosystems {
		if err != nil || c.Format != match.Format || c.Ecosystems[eco].File == "" {
			absent = append(absent, eco)
		} else if maxAge > 0 && s.Now().Sub(c.Ecosystems[eco].AsOf) > maxAge {
			stale = append(stale, eco)
		}
	}
	return absent, stale
}

// Data is open indexes.
type Data struct {
	Indexes map[string]*match.Index
	AsOf    time.Time // of the oldest of those that were asked for last
}

// Opener opens each index of a store once in a run. Safe for concurrent use.
type Opener struct {
	Store *Store
	// Source is where absent and stale data is fetched, nil for nowhere:
	// Why then says why not.
	Source Source
	Why    string
	// MaxAge is how old data may be; 0 allows any age.
	MaxAge time.Duration
	Tell   Progress

	mu    sync.Mutex
	open  map[string]*match.Index
	asOf  map[string]time.Time
	tried map[string]error
}

// Open opens what the ecosystems need, and fetches it before where it may. The
// error is an *image.DataError.
func (o *Opener) Open(ctx context.Context, ecosystems []string) (*Data, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open == nil {
		o.open, o.asOf, o.tried = map[string]*match.Index{}, map[string]time.Time{}, map[string]error{}
	}
	d := &Data{Indexes: map[string]*match.Index{}}
	for _, eco := range ecosystems {
		if o.open[eco] == nil {
			if err, ok := o.tried[eco]; ok {
				return nil, err
			}
			if err := o.ready(ctx, eco); err != nil {
				o.tried[eco] = err
				return nil, err
			}
		}
		if at := o.asOf[eco]; d.AsOf.IsZero() || at.Before(d.AsOf) {
			d.AsOf = at
		}
	}
	maps.Copy(d.Indexes, o.open)
	return d, nil
}

func (o *Opener) ready(ctx context.Context, eco string) error {
	run := "kustoms db update --allow-network " + quote(eco)
	absent, stale := o.Store.Missing([]string{eco}, o.MaxAge)
	if len(absent)+len(stale) > 0 {
		why := "there are no advisories of " + eco
		if len(stale) > 0 {
			why = fmt.Sprintf("the advisories of %s are older than %s", eco, days(o.MaxAge))
		}
		if o.Source == nil {
			return &image.DataError{Why: why + " and " + o.Why, Run: run}
		}
		if err := o.Store.Update(ctx, o.Source, []string{eco}, o.Tell); err != nil {
			return &image.DataError{Why: fmt.Sprintf("%s, and fetching them failed: %v", why, err), Run: run}
		}
	}
	c, err := o.Store.Read()
	if err != nil {
		return &image.DataError{Why: err.Error(), Run: run}
	}
	e := c.Ecosystems[eco]
	x, err := match.Open(filepath.Join(o.Store.Dir, e.File))
	if err != nil {
		return &image.DataError{Why: err.Error(), Run: run}
	}
	o.open[eco], o.asOf[eco] = x, e.AsOf
	return nil
}

// Close closes what was opened.
func (o *Opener) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var errs []error
	for _, x := range o.open {
		errs = append(errs, x.Close())
	}
	o.open = nil
	return errors.Join(errs...)
}

func quote(s string) string {
	if strings.Contains(s, " ") {
		return `"` + s + `"`
	}
	return s
}

func days(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return d.String()
}
