package cache

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func get(t *testing.T, s *Store, name string) (string, bool) {
	t.Helper()
	data, ok, err := s.Get("chart", name, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return string(data), ok
}

func TestKeepsByName(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "none", "yet"))
	if _, ok := get(t, s, "a"); ok {
		t.Error("an empty cache holds something")
	}
	for _, name := range []string{"a", "../../escape", "oci://x/y:1\n", ""} {
		if err := s.Put("chart", name, []byte("of "+name)); err != nil {
			t.Fatal(err)
		}
		if got, ok := get(t, s, name); !ok || got != "of "+name {
			t.Errorf("%q: %q, %v", name, got, ok)
		}
	}
	if _, ok, _ := s.Get("image", "a", 10); ok {
		t.Error("spaces share names")
	}
	if _, ok, _ := s.Get("chart", "a", 2); ok {
		t.Error("more than the limit was read")
	}
	if err := s.Put("chart", "a", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, _ := get(t, s, "a"); got != "new" {
		t.Errorf("after a second put: %q", got)
	}
}

func TestDamageIsNotRead(t *testing.T) {
	for name, damage := range map[string]func(p string) error{
		"changed": func(p string) error { return os.WriteFile(p, []byte("evil"), 0o600) },
		"cut":     func(p string) error { return os.Truncate(p, 1) },
		"empty":   func(p string) error { return os.Truncate(p, 0) },
		"gone":    os.Remove,
	} {
		for _, which := range []string{"content", "name"} {
			s := Open(t.TempDir())
			if err := s.Put("chart", "a", []byte("good")); err != nil {
				t.Fatal(err)
			}
			p := s.name("chart", "a")
			if which == "content" {
				p = s.content(digest([]byte("good")))
			}
			if err := damage(p); err != nil {
				t.Fatal(err)
			}
			if got, ok := get(t, s, "a"); ok {
				t.Errorf("%s %s: read %q", which, name, got)
			}
			if err := s.Put("chart", "a", []byte("good")); err != nil {
				t.Fatal(err)
			}
			if got, ok := get(t, s, "a"); !ok || got != "good" {
				t.Errorf("%s %s: not mended: %q", which, name, got)
			}
		}
	}
}

func TestManyWriters(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s := Open(dir)
			for k := range 50 {
				want := bytes.Repeat([]byte{byte(k)}, 4096)
				if err := s.Put("chart", fmt.Sprint(k), want); err != nil {
					t.Errorf("writer %d: %v", i, err)
				}
				if got, ok, err := s.Get("chart", fmt.Sprint(k), 1<<20); err != nil || !ok || !bytes.Equal(got, want) {
					t.Errorf("writer %d read half: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	left, err := filepath.Glob(filepath.Join(dir, "*", "*", ".tmp*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %q %v", left, err)
	}
}

func TestNoStore(t *testing.T) {
	var s *Store
	if err := s.Put("chart", "a", nil); err != nil {
		t.Error(err)
	}
	if _, ok, err := s.Get("chart", "a", 1); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}
