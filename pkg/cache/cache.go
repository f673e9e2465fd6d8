// Package cache keeps what was fetched or computed between runs: contents under
// the SHA-256 of their bytes, and names that stand for contents. A content is
// verified each time it is read, so that a damaged cache costs time and never
// an answer. Everything is written under a temporary name and renamed: several
// processes may use one cache, and a killed one leaves nothing half.
package cache

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Store is a cache in a directory. The zero value, and nil, hold nothing and
// keep nothing. Safe for concurrent use.
type Store struct{ dir string }

// Open uses the directory dir, which is made when something is first kept.
func Open(dir string) *Store { return &Store{dir} }

// Dir is the directory, for messages.
func (s *Store) Dir() string {
	if s == nil {
		return ""
	}
	return s.dir
}

// maxName bounds a name's file: a digest and the name itself.
const maxName = 64 << 10

// Put keeps data under name in a space of names ("chart", "image").
func (s *Store) Put(space, name string, data []byte) error {
	if s == nil || s.dir == "" {
		return nil
	}
	sum := digest(data)
	if err := s.write(s.content(sum), data); err != nil {
		return err
	}
	return s.write(s.name(space, name), []byte(sum+"\n"+name+"\n"))
}

// Get finds what name stands for, of at most limit bytes. ok is false if it is
// not kept, or no longer whole.
func (s *Store) Get(space, name string, limit int64) (data []byte, ok bool, err error) {
	if s == nil || s.dir == "" {
		return nil, false, nil
	}
	ref, ok, err := read(s.name(space, name), maxName)
	if !ok {
		return nil, false, err
	}
	sum, rest, _ := strings.Cut(string(ref), "\n")
	if len(sum) != sha256.Size*2 || strings.Trim(sum, "0123456789abcdef") != "" || rest != name+"\n" {
		return nil, false, nil // damaged
	}
	data, ok, err = read(s.content(sum), limit)
	if !ok || digest(data) != sum {
		return nil, false, err
	}
	used(s.name(space, name))
	used(s.content(sum))
	return data, true, nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func (s *Store) content(sum string) string { return filepath.Join(s.dir, "sha256", sum[:2], sum) }

// name is the file of a name, which may hold anything, so its digest stands
// for it.
func (s *Store) name(space, name string) string {
	return filepath.Join(s.dir, space, digest([]byte(name)))
}

func read(p string, limit int64) ([]byte, bool, error) {
	f, err := os.Open(p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading the cache: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, false, fmt.Errorf("reading the cache: %w", err)
	}
	return data, int64(len(data)) <= limit, nil
}

func (s *Store) write(p string, data []byte) error {
	tmp, err := s.temp(p, data)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, p); err != nil {
		_ = os.Remove(tmp)
		return fmt.Errorf("writing the cache: %w", err)
	}
	return nil
}

// temp writes what is to stand at p beside it, under a name of its own.
func (s *Store) temp(p string, data []byte) (string, error) {
	err := os.MkdirAll(filepath.Dir(p), 0o700)
	if err != nil {
		return "", fmt.Errorf("writing the cache: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(p), ".tmp*")
	if err != nil {
		return "", fmt.Errorf("writing the cache: %w", err)
	}
	_, err = tmp.Write(data)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return "", fmt.Errorf("writing the cache: %w", err)
	}
	return tmp.Name(), nil
}

// Key is a random key that is made with the cache and stays in it.
func (s *Store) Key() ([]byte, error) {
	p := filepath.Join(s.dir, "key")
	for range 2 { // the second time for what another process made meanwhile
		key, ok, err := read(p, keySize)
		if err != nil {
			return nil, err
		}
		if ok && len(key) == keySize {
			return key, nil
		}
		if ok { // damaged: what it sealed is lost
			_ = os.Remove(p)
		}
		key = make([]byte, keySize)
		if _, err := rand.Read(key); err != nil {
			return nil, fmt.Errorf("making a key for the cache: %w", err)
		}
		tmp, err := s.temp(p, key)
		if err != nil {
			return nil, err
		}
		err = os.Link(tmp, p) // unlike a rename, never over another's
		_ = os.Remove(tmp)
		switch {
		case err == nil:
			return key, nil
		case !errors.Is(err, fs.ErrExist):
			return nil, fmt.Errorf("writing the cache: %w", err)
		}
	}
	return nil, fmt.Errorf("reading the cache: no key can be made in %s", s.dir)
}

const keySize = 32
