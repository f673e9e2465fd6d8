// Package memo remembers between runs what was worked out, under what it was
// worked out from: a question, which stands for the program, its settings and
// what is asked; and every look at the repository on the way, with a digest of
// what was seen. An answer holds only while each look would see the same, so
// nothing is guessed from names or times, and whoever forgets to ask through
// source.Repo is caught by the tests that hold warm runs to cold ones.
//
// Entries are sealed with a key, as are the digests in them: without the key
// nobody can forge one, nor try texts against one.
package memo

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/internal/parallel"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Memo remembers in a cache. Nil remembers nothing. Safe for concurrent use.
type Memo struct {
	Store *cache.Store
	// Key seals entries.
	Key  []byte
	Repo *source.Repo
	// Outside asks again what a look saw that is none of the repository's; ok
	// is false if it cannot be known. May be nil.
	Outside func(context.Context, source.Look) (answer source.Sum, ok bool)

	mu   sync.Mutex
	seen map[source.Look]*seen
}

// seen is what a look sees now: each is asked once a run.
type seen struct {
	once sync.Once
	sum  source.Sum
	ok   bool
}

const (
	// maxEntry bounds an entry, in bytes.
	maxEntry = 512 << 20
	// slots are the answers kept to a question, for as many states of the
	// repository: branches take turns.
	slots = 2
	// mark is how much of a seal an entry's digests keep, in bytes.
	mark = 16
)

// Recall finds the answer to a question of a space of questions, and what it
// was worked out from. ok is false if there is none that still holds.
func (m *Memo) Recall(ctx context.Context, space, question string) (answer []byte, reads *source.Reads, ok bool) {
	if m == nil {
		return nil, nil, false
	}
	for slot := range slots {
		name := m.name(question, slot)
		data, found, err := m.Store.Get(space, name, maxEntry)
		if err != nil || !found {
			return nil, nil, false // written in turn, so no later slot is filled
		}
		looks, answer, ok := m.open(space+name, data)
		if !ok {
			continue
		}
		if reads, ok := m.holds(ctx, looks); ok {
			if slot > 0 { // what was used last goes last; failing that, it is lost sooner
				_ = m.put(space, question, looks, answer)
			}
			return answer, reads, true
		}
	}
	return nil, nil, false
}

// Keep remembers an answer and what it was worked out from. The error says
// that the cache cannot be written.
func (m *Memo) Keep(space, question string, reads *source.Reads, answer []byte) error {
	if m == nil {
		return nil
	}
	return m.put(space, question, m.write(reads), answer)
}

// put makes an answer the first of its question's, and what was the first the
// second.
func (m *Memo) put(space, question string, looks, answer []byte) error {
	name := m.name(question, 0)
	if old, ok, err := m.Store.Get(space, name, maxEntry); err == nil && ok {
		if looks, answer, ok := m.open(space+name, old); ok {
			later := m.name(question, 1)
			if err := m.Store.Put(space, later, m.seal(space+later, looks, answer)); err != nil {
				return err
			}
		}
	}
	return m.Store.Put(space, name, m.seal(space+name, looks, answer))
}

func (m *Memo) name(question string, slot int) string {
	return fmt.Sprintf("%x", m.mac("question", fmt.Appendf(nil, "%d %s", slot, question)))
}

func (m *Memo) mac(use string, data []byte) []byte {
	h := hmac.New(sha256.New, m.Key)
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(use))))
	h.Write([]byte(use))
	h.Write(data)
	return h.Sum(nil)
}

// seal makes an entry: seal, length of the looks, looks, answer.
func (m *Memo) seal(name string, looks, answer []byte) []byte {
	body := binary.LittleEndian.AppendUint64(nil, uint64(len(looks)))
	body = append(append(body, looks...), answer...)
	return append(m.mac(name, body), body...)
}

// open is the reverse; ok is false for what this key did not seal.
func (m *Memo) open(name string, entry []byte) (looks, answer []byte, ok bool) {
	if len(entry) < sha256.Size+8 || !hmac.Equal(entry[:sha256.Size], m.mac(name, entry[sha256.Size:])) {
		return nil, nil, false
	}
	body := entry[sha256.Size:]
	n := binary.LittleEndian.Uint64(body)
	if body = body[8:]; n > uint64(len(body)) {
		return nil, nil, false
	}
	return body[:n], body[n:], true
}

// write is the text of looks, a line each, in order.
func (m *Memo) write(reads *source.Reads) []byte {
	all := reads.All()
	lines := make([]string, 0, len(all))
	for l, sum := range all {
		lines = append(lines, fmt.Sprintf("%q\t%q\t%x\n", l.Op, l.Path, m.mark(sum)))
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, ""))
}

func (m *Memo) mark(sum source.Sum) []byte { return m.mac("answer", sum[:])[:mark] }

// holds reports whether all looks see what they saw.
func (m *Memo) holds(ctx context.Context, looks []byte) (*source.Reads, bool) {
	type line struct {
		look source.Look
		mark string
	}
	var lines []line
	for l := range bytes.Lines(looks) {
		f := strings.Split(strings.TrimSuffix(string(l), "\n"), "\t")
		if len(f) != 3 {
			return nil, false
		}
		op, err1 := strconv.Unquote(f[0])
		p, err2 := strconv.Unquote(f[1])
		if err1 != nil || err2 != nil {
			return nil, false
		}
		lines = append(lines, line{source.Look{Op: op, Path: p}, f[2]})
	}
	reads := &source.Reads{}
	var mu sync.Mutex
	same := true
	err := parallel.Each(ctx, len(lines), func(i int) {
		mu.Lock()
		stop := !same
		mu.Unlock()
		if stop {
			return
		}
		sum, ok := m.again(ctx, lines[i].look)
		if ok && fmt.Sprintf("%x", m.mark(sum)) == lines[i].mark {
			reads.Note(lines[i].look, sum)
			return
		}
		mu.Lock()
		same = false
		mu.Unlock()
	})
	return reads, same && err == nil
}

// again is what a look sees in this run.
func (m *Memo) again(ctx context.Context, l source.Look) (source.Sum, bool) {
	m.mu.Lock()
	if m.seen == nil {
		m.seen = map[source.Look]*seen{}
	}
	s := m.seen[l]
	if s == nil {
		s = &seen{}
		m.seen[l] = s
	}
	m.mu.Unlock()
	s.once.Do(func() {
		if s.sum, s.ok = m.Repo.Again(l); !s.ok && m.Outside != nil {
			s.sum, s.ok = m.Outside(ctx, l)
		}
	})
	return s.sum, s.ok
}
