package match

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	bolt "go.etcd.io/bbolt"
)

// Format is the version of the index' layout; others are built anew.
const Format = 1

// Bounds of one database. The largest in public use hold some 300,000 records.
const (
	maxRecords     = 5_000_000
	maxRecordBytes = 32 << 20
	// maxUnreadable is the share of records, one of so many, above which a
	// database is refused: it is damaged, or of a format to come.
	maxUnreadable = 100
)

// The index' buckets.
var (
	bucketMeta     = []byte("meta")     // "stats" → Stats
	bucketAffected = []byte("affected") // Key \0 number → affected
	bucketDetail   = []byte("detail")   // id → detail, zstd
	bucketAlias    = []byte("alias")    // other id \0 id → nothing

	buckets = [][]byte{bucketMeta, bucketAffected, bucketDetail, bucketAlias}
)

// Stats says what an index holds.
type Stats struct {
	Format     int       `json:"format"`
	Ecosystem  string    `json:"ecosystem"`
	Records    int       `json:"records"`
	Withdrawn  int       `json:"withdrawn,omitempty"`
	Unreadable int       `json:"unreadable,omitempty"`
	First      string    `json:"firstUnreadable,omitempty"` // which, and why
	Modified   time.Time `json:"modified"`                  // of the newest record
}

// TooManyUnreadableError refuses a database.
type TooManyUnreadableError struct{ Stats Stats }

func (e *TooManyUnreadableError) Error() string {
	return fmt.Sprintf("%d of %d records of %s cannot be read (%s): the file is damaged or of a format that this version does not know",
		e.Stats.Unreadable, e.Stats.Records+e.Stats.Unreadable+e.Stats.Withdrawn, e.Stats.Ecosystem, e.Stats.First)
}

// Build writes the index of an OSV archive, all.zip of size bytes, to file,
// which must not exist. Records stream, so that memory does not grow with
// them. progress is told of records read of total; may be nil.
func Build(ctx context.Context, ecosystem string, archive io.ReaderAt, size int64, file string, progress func(done, total int)) (st Stats, err error) {
	st = Stats{Format: Format, Ecosystem: ecosystem}
	zr, err := zip.NewReader(archive, size)
	if err != nil {
		return st, fmt.Errorf("reading the archive of %s: %w", ecosystem, err)
	}
	if len(zr.File) > maxRecords {
		return st, fmt.Errorf("the archive of %s holds %d records, over the limit of %d", ecosystem, len(zr.File), maxRecords)
	}
	db, err := bolt.Open(file, 0o600, &bolt.Options{Timeout: time.Second, NoFreelistSync: true, NoSync: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return st, err
	}
	defer func() {
		if cerr := db.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			_ = os.Remove(file)
		}
	}()
	w, err := newWriter(file + ".rows")
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, w.rows.Close()) }()
	var buf bytes.Buffer
	for i, f := range zr.File {
		if err := ctx.Err(); err != nil {
			return st, err
		}
		if progress != nil && i%1000 == 0 {
			progress(i, len(zr.File))
		}
		if path.Ext(f.Name) != ".json" {
			continue
		}
		rec, err := readRecord(f, &buf)
		if err != nil {
			if st.Unreadable++; st.First == "" {
				st.First = fmt.Sprintf("%.80q: %v", f.Name, err)
			}
			continue
		}
		if rec.Withdrawn != "" {
			st.Withdrawn++
			continue
		}
		st.Records++
		if t, err := time.Parse(time.RFC3339, rec.Modified); err == nil && t.After(st.Modified) {
			st.Modified = t
		}
		if err := w.add(rec); err != nil {
			return st, fmt.Errorf("indexing %s: %w", rec.ID, err)
		}
	}
	if st.Records+st.Withdrawn == 0 {
		return st, fmt.Errorf("the archive of %s holds no advisory (%d entries%s)", ecosystem, len(zr.File), firstOf(st))
	}
	if st.Unreadable*maxUnreadable > st.Records+st.Withdrawn+st.Unreadable {
		return st, &TooManyUnreadableError{st}
	}
	if err := w.finish(st, db); err != nil {
		return st, err
	}
	return st, db.Sync()
}

func firstOf(st Stats) string {
	if st.First == "" {
		return ""
	}
	return ": " + st.First
}

func readRecord(f *zip.File, buf *bytes.Buffer) (*record, error) {
	rc, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	buf.Reset()
	n, err := buf.ReadFrom(io.LimitReader(rc, maxRecordBytes+1))
	if err != nil {
		return nil, err
	}
	if n > maxRecordBytes {
		return nil, fmt.Errorf("over %d bytes", maxRecordBytes)
	}
	return parseRecord(buf.Bytes())
}

// writer turns records into rows.
type writer struct {
	rows *sorter
	zstd *zstd.Encoder
	n    int // numbers entries, so that one record may have several of a key
}

func newWriter(file string) (*writer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(64<<10))
	if err != nil {
		return nil, err
	}
	rows, err := newSorter(file)
	return &writer{rows: rows, zstd: enc}, err
}

func (w *writer) put(bucket []byte, key string, value []byte) error {
	if len(key) > bolt.MaxKeySize/2 {
		return fmt.Errorf("key of %d bytes", len(key))
	}
	n := slices.IndexFunc(buckets, func(b []byte) bool { return bytes.Equal(b, bucket) })
	return w.rows.put(row{byte(n), []byte(key), value})
}

func (w *writer) add(r *record) error {
	err := r.packages(func(key string, a affected) error {
		v, err := json.Marshal(a)
		if err != nil {
			return err
		}
		w.n++
		return w.put(bucketAffected, fmt.Sprintf("%s\x00%08x", key, w.n), v)
	})
	if err != nil {
		return err
	}
	d := r.detail()
	v, err := json.Marshal(d)
	if err != nil {
		return err
	}
	for _, other := range slices.Concat(d.Aliases, d.Upstream) {
		if err := w.put(bucketAlias, other+"\x00"+d.ID, nil); err != nil {
			return err
		}
	}
	return w.put(bucketDetail, d.ID, w.zstd.EncodeAll(v, nil))
}

func (w *writer) finish(st Stats, db *bolt.DB) error {
	v, err := json.Marshal(st)
	if err != nil {
		return err
	}
	if err := w.put(bucketMeta, "stats", v); err != nil {
		return err
	}
	return w.rows.fill(db)
}

// Index is the open index of one ecosystem. Safe for concurrent use.
type Index struct {
	db    *bolt.DB
	zstd  *zstd.Decoder
	Stats Stats
}

// ErrFormat says that an index was built by another version.
var ErrFormat = errors.New("index is of another version of kustoms")

// Open opens an index read-only. Close it.
func Open(file string) (x *Index, err error) {
	defer func() { // a damaged file
		if p := recover(); p != nil {
			x, err = nil, fmt.Errorf("index %q is damaged: %v", file, p)
		}
	}()
	db, err := bolt.Open(file, 0o400, &bolt.Options{ReadOnly: true, Timeout: 10 * time.Second})
	if err != nil {
		return nil, fmt.Errorf("index %q: %w", file, err)
	}
	x = &Index{db: db}
	err = x.view(func(tx *bolt.Tx) error {
		for _, b := range buckets {
			if tx.Bucket(b) == nil {
				return ErrFormat
			}
		}
		return json.Unmarshal(tx.Bucket(bucketMeta).Get([]byte("stats")), &x.Stats)
	})
	if err == nil && x.Stats.Format != Format {
		err = ErrFormat
	}
	if err == nil {
		x.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxRecordBytes))
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("index %q: %w", file, err)
	}
	return x, nil
}

// Close closes the index.
func (x *Index) Close() error {
	x.zstd.Close()
	return x.db.Close()
}

// view runs f in a read transaction; a panic over a damaged page is an error.
func (x *Index) view(f func(*bolt.Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	return x.db.View(f)
}

// advisories yields what the index says of the packages under key.
func (x *Index) advisories(key string, yield func(*affected) error) error {
	prefix := []byte(key + "\x00")
	return x.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketAffected).Cursor()
		for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			var a affected
			if err := json.Unmarshal(v, &a); err != nil {
				return fmt.Errorf("damaged: %w", err)
			}
			if err := yield(&a); err != nil {
				return err
			}
		}
		return nil
	})
}

// detail is the record of an id, nil if the index has none.
func (x *Index) detail(id string) (d *detail, err error) {
	err = x.view(func(tx *bolt.Tx) error {
		v := tx.Bucket(bucketDetail).Get([]byte(id))
		if v == nil {
			return nil
		}
		plain, err := x.zstd.DecodeAll(v, nil)
		if err != nil {
			return fmt.Errorf("damaged: %w", err)
		}
		d = new(detail)
		return json.Unmarshal(plain, d)
	})
	return d, err
}

// naming lists the records that name id among their aliases or upstream ids.
func (x *Index) naming(id string) (ids []string, err error) {
	prefix := []byte(id + "\x00")
	err = x.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketAlias).Cursor()
		for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			ids = append(ids, strings.TrimPrefix(string(k), string(prefix)))
			if len(ids) >= 100 {
				break
			}
		}
		return nil
	})
	return ids, err
}
