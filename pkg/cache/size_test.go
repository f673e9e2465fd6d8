package cache

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestTrim fills a cache, uses part of it, and has the rest make room.
func TestTrim(t *testing.T) {
	dir := t.TempDir()
	s := Open(dir)
	other := filepath.Join(dir, "not ours.txt")
	if err := os.WriteFile(other, []byte("keep"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Key(); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if err := s.Put("x", fmt.Sprint(i), make([]byte, 1000+i)); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-24 * time.Hour)
	entries, err := s.entries()
	if err != nil || len(entries) != 20 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for _, e := range entries {
		if err := os.Chtimes(e.path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok, err := s.Get("x", "3", 1<<20); !ok || err != nil {
		t.Fatalf("entry 3: %v, %v", ok, err)
	}
	if _, err := s.Trim(1500); err != nil {
		t.Fatal(err)
	}
	if u, err := s.Use(); err != nil || u.Bytes > 1500 {
		t.Errorf("%+v is left, %v", u, err)
	}
	for i := range 10 {
		if _, ok, _ := s.Get("x", fmt.Sprint(i), 1<<20); ok != (i == 3) {
			t.Errorf("entry %d is there: %v", i, ok)
		}
	}
	for _, p := range []string{other, filepath.Join(dir, "key")} {
		if _, err := os.Stat(p); err != nil {
			t.Error(err)
		}
	}
}

// TestKey has two processes make the key of one cache.
func TestKey(t *testing.T) {
	dir := t.TempDir()
	keys := make(chan string, 8)
	for range cap(keys) {
		go func() {
			k, err := Open(dir).Key()
			if err != nil {
				t.Error(err)
			}
			keys <- string(k)
		}()
	}
	first := <-keys
	for range cap(keys) - 1 {
		if k := <-keys; k != first || len(k) != keySize {
			t.Fatalf("keys differ: %x, %x", k, first)
		}
	}
	p := filepath.Join(dir, "key")
	if err := os.WriteFile(p, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if k, err := Open(dir).Key(); err != nil || len(k) != keySize {
		t.Errorf("after damage: %x, %v", k, err)
	}
}
