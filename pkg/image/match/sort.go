package match

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// sorter takes rows in any order and gives them back sorted, by runs on disk:
// a tree that is filled in order is half the size, and while it is filled only
// its edge is in memory.
type sorter struct {
	file *os.File
	out  *bufio.Writer
	at   int64
	runs []int64 // where each starts
	rows []row
	size int
}

// row is a key of one of the buckets, by number.
type row struct {
	bucket     byte
	key, value []byte
}

// runBytes is how much is sorted in memory at once.
const runBytes = 8 << 20

func newSorter(file string) (*sorter, error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &sorter{file: f, out: bufio.NewWriterSize(f, 256<<10)}, nil
}

// Close removes the runs.
func (s *sorter) Close() error {
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}

func (a row) compare(b row) int {
	if a.bucket != b.bucket {
		return int(a.bucket) - int(b.bucket)
	}
	return bytes.Compare(a.key, b.key)
}

func (s *sorter) put(r row) error {
	s.rows = append(s.rows, r)
	if s.size += len(r.key) + len(r.value) + 64; s.size < runBytes {
		return nil
	}
	return s.spill()
}

func (s *sorter) spill() error {
	slices.SortFunc(s.rows, row.compare)
	s.runs = append(s.runs, s.at)
	var head [1 + 2*binary.MaxVarintLen64]byte
	for _, r := range s.rows {
		b := binary.AppendUvarint(append(head[:0], r.bucket), uint64(len(r.key)))
		b = binary.AppendUvarint(b, uint64(len(r.value)))
		for _, part := range [][]byte{b, r.key, r.value} {
			n, err := s.out.Write(part)
			s.at += int64(n)
			if err != nil {
				return err
			}
		}
	}
	clear(s.rows)
	s.rows, s.size = s.rows[:0], 0
	return nil
}

// run is one sorted run being read.
type run struct {
	in  *bufio.Reader
	now row
}

func (r *run) next() (err error) {
	if r.now.bucket, err = r.in.ReadByte(); err != nil {
		return err
	}
	k, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	v, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	data := make([]byte, k+v)
	_, err = io.ReadFull(r.in, data)
	r.now.key, r.now.value = data[:k], data[k:]
	return err
}

// runHeap has the run with the lowest row first.
type runHeap []*run

func (h runHeap) Len() int           { return len(h) }
func (h runHeap) Less(i, j int) bool { return h[i].now.compare(h[j].now) < 0 }
func (h runHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *runHeap) Push(x any)        { *h = append(*h, x.(*run)) }
func (h *runHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// each yields all rows in order.
func (s *sorter) each(yield func(row) error) error {
	if err := s.spill(); err != nil {
		return err
	}
	if err := s.out.Flush(); err != nil {
		return err
	}
	var h runHeap
	for i, start := range s.runs {
		end := s.at
		if i+1 < len(s.runs) {
			end = s.runs[i+1]
		}
		r := &run{in: bufio.NewReaderSize(io.NewSectionReader(s.file, start, end-start), 64<<10)}
		switch err := r.next(); {
		case errors.Is(err, io.EOF):
		case err != nil:
			return err
		default:
			h = append(h, r)
		}
	}
	heap.Init(&h)
	for len(h) > 0 {
		if err := yield(h[0].now); err != nil {
			return err
		}
		switch err := h[0].next(); {
		case errors.Is(err, io.EOF):
			heap.Pop(&h)
		case err != nil:
			return err
		default:
			heap.Fix(&h, 0)
		}
	}
	return nil
}

// fill writes the sorted rows into the tree, some megabytes at once.
func (s *sorter) fill(db *bolt.DB) error {
	var tx *bolt.Tx
	size := 0
	commit := func() error {
		if tx == nil {
			return nil
		}
		err := tx.Commit()
		tx, size = nil, 0
		return err
	}
	err := s.each(func(r row) (err error) {
		if tx == nil {
			if tx, err = db.Begin(true); err != nil {
				return err
			}
			for _, b := range buckets {
				bucket, err := tx.CreateBucketIfNotExists(b)
				if err != nil {
					return err
				}
				bucket.FillPercent = 0.95 // nothing is put between
			}
		}
		b := tx.Bucket(buckets[r.bucket])
		b.FillPercent = 0.95
		if err := b.Put(r.key, r.value); err != nil {
			return err
		}
		if size += len(r.key) + len(r.value); size < runBytes {
			return nil
		}
		return commit()
	})
	if err != nil {
		if tx != nil {
			_ = tx.Rollback()
		}
		return err
	}
	return commit()
}
