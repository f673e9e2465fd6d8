package memo

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Set is digests about which one thing is known, whatever they are digests of.
// Nil is empty and stays so. Safe for concurrent use.
type Set struct {
	memo *Memo
	name string

	mu    sync.Mutex
	known map[[mark]byte]bool // → this run came across it
	grown bool
}

// maxSet bounds a set; what no run came across goes first.
const maxSet = 1 << 18

// Set opens the set that belongs to a question.
func (m *Memo) Set(space, question string) *Set {
	if m == nil {
		return nil
	}
	s := &Set{memo: m, name: m.name(question, 0), known: map[[mark]byte]bool{}}
	s.name = space + "\x00" + s.name
	data, ok, err := m.Store.Get("set", s.name, sha256.Size+maxSet*mark)
	if err != nil || !ok || len(data) < sha256.Size || !bytes.Equal(data[:sha256.Size], m.mac(s.name, data[sha256.Size:])) {
		return s
	}
	for chunk := range slices.Chunk(data[sha256.Size:], mark) {
		if len(chunk) == mark {
			s.known[[mark]byte(chunk)] = false
		}
	}
	return s
}

// Has reports whether a digest is in the set.
func (s *Set) Has(sum source.Sum) bool {
	if s == nil {
		return false
	}
	k := [mark]byte(s.memo.mark(sum))
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.known[k]
	if ok {
		s.known[k] = true
	}
	return ok
}

// Add puts a digest into the set.
func (s *Set) Add(sum source.Sum) {
	if s == nil {
		return
	}
	k := [mark]byte(s.memo.mark(sum))
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.known[k]; !ok {
		s.grown = true
	}
	s.known[k] = true
}

// Save keeps the set for the next run. The error says that the cache cannot be
// written.
func (s *Set) Save() error {
	if s == nil || !s.grown {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var used, idle [][]byte
	for k, met := range s.known {
		if met {
			used = append(used, k[:])
		} else {
			idle = append(idle, k[:])
		}
	}
	all := slices.Concat(used, idle)
	all = all[:min(len(all), maxSet)]
	slices.SortFunc(all, bytes.Compare)
	data := bytes.Join(all, nil)
	return s.memo.Store.Put("set", s.name, append(s.memo.mac(s.name, data), data...))
}
