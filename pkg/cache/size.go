package cache

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Use is what a cache takes.
type Use struct {
	Files int
	Bytes int64
}

// fresh is for how long a content counts as just used: to note each use would
// cost more than it tells.
const fresh = time.Hour

// used notes that the file at p is needed.
func used(p string) {
	now := time.Now()
	if info, err := os.Stat(p); err == nil && now.Sub(info.ModTime()) > fresh {
		_ = os.Chtimes(p, now, now)
	}
}

// entry is a file of the cache.
type entry struct {
	path string
	size int64
	at   time.Time
}

// Use counts what the cache holds.
func (s *Store) Use() (Use, error) {
	entries, err := s.entries()
	var u Use
	for _, e := range entries {
		u.Files++
		u.Bytes += e.size
	}
	return u, err
}

// Trim removes what was not used for longest until at most limit bytes are
// left, and what a killed process left half. It tells what went. Other
// processes may use the cache meanwhile: they miss what went.
func (s *Store) Trim(limit int64) (Use, error) {
	entries, err := s.entries()
	if err != nil {
		return Use{}, err
	}
	var total int64
	for _, e := range entries {
		total += e.size
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.path, b.path)) })
	var gone Use
	for _, e := range entries {
		half := strings.HasPrefix(filepath.Base(e.path), ".tmp") && time.Since(e.at) > fresh
		if total <= limit && !half {
			continue
		}
		if err := os.Remove(e.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return gone, fmt.Errorf("trimming the cache: %w", err)
		}
		total -= e.size
		gone.Files++
		gone.Bytes += e.size
	}
	return gone, nil
}

// entries are the cache's files but for its key.
func (s *Store) entries() ([]entry, error) {
	if s == nil || s.dir == "" {
		return nil, nil
	}
	var out []entry
	err := filepath.WalkDir(s.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) { // not made yet, or trimmed by another
				return nil
			}
			return err
		}
		if !d.Type().IsRegular() || p == filepath.Join(s.dir, "key") || !s.holds(p) {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		out = append(out, entry{p, info.Size(), info.ModTime()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the cache: %w", err)
	}
	return out, nil
}

// holds reports whether a file is one that Store writes: a folder that somebody
// named by mistake keeps what else is in it.
func (s *Store) holds(p string) bool {
	name := filepath.Base(p)
	return strings.HasPrefix(name, ".tmp") || len(name) == 64 && strings.Trim(name, "0123456789abcdef") == ""
}
