package memo

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/cache"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

func open(t *testing.T, dir, store, key string) *Memo {
	t.Helper()
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	return &Memo{Store: cache.Open(store), Key: []byte(key), Repo: repo}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRecall asks one question over a file and a folder that change.
func TestRecall(t *testing.T) {
	dir, store := t.TempDir(), t.TempDir()
	write(t, dir, "a", "1")
	work := func() (answer string, fresh bool) {
		m := open(t, dir, store, "key")
		if a, reads, ok := m.Recall(t.Context(), "space", "question"); ok {
			if len(reads.All()) != 3 {
				t.Errorf("reads are lost: %v", reads.All())
			}
			return string(a), false
		}
		var reads source.Reads
		repo := m.Repo.Noting(&reads)
		data, err := repo.ReadFile("a")
		if err != nil {
			t.Fatal(err)
		}
		entries, err := repo.ReadDir(".")
		if err != nil {
			t.Fatal(err)
		}
		answer = string(data)
		for _, e := range entries {
			answer += " " + e.Name()
		}
		if repo.Exists("b") {
			answer += "!"
		}
		if err := m.Keep("space", "question", &reads, []byte(answer)); err != nil {
			t.Fatal(err)
		}
		return answer, true
	}
	steps := []struct {
		name  string
		do    func()
		want  string
		fresh bool
	}{
		{"first", func() {}, "1 a", true},
		{"again", func() {}, "1 a", false},
		{"written anew, the same", func() { write(t, dir, "a", "1") }, "1 a", false},
		{"another text of the same length", func() { write(t, dir, "a", "2") }, "2 a", true},
		{"back, as branches are", func() { write(t, dir, "a", "1") }, "1 a", false},
		{"a new file", func() { write(t, dir, "b", "") }, "1 a b!", true},
		{"and gone", func() { _ = os.Remove(filepath.Join(dir, "b")) }, "1 a", false},
	}
	for _, s := range steps {
		s.do()
		if got, fresh := work(); got != s.want || fresh != s.fresh {
			t.Errorf("%s: %q, worked out anew: %v; want %q, %v", s.name, got, fresh, s.want, s.fresh)
		}
	}
}

// TestSealed reads entries with another key, forged, and damaged byte by byte.
func TestSealed(t *testing.T) {
	dir, store := t.TempDir(), t.TempDir()
	m := open(t, dir, store, "key")
	if err := m.Keep("space", "question", &source.Reads{}, []byte("answer")); err != nil {
		t.Fatal(err)
	}
	name := m.name("question", 0)
	data, ok, err := m.Store.Get("space", name, 1<<20)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, _, ok := open(t, dir, store, "other").Recall(t.Context(), "space", "question"); ok {
		t.Error("another key opens the entry")
	}
	for i := range data {
		bad := slices.Clone(data)
		bad[i] ^= 1
		if _, _, ok := m.open("space"+name, bad); ok {
			t.Errorf("byte %d may be anything", i)
		}
		if _, _, ok := m.open("space"+name, data[:i]); ok {
			t.Errorf("%d bytes are taken for the whole", i)
		}
	}
	if _, _, ok := m.open("space"+m.name("another", 0), data); ok {
		t.Error("the entry of one question answers another")
	}
}

// TestSet keeps digests, and none that another key marked.
func TestSet(t *testing.T) {
	dir, store := t.TempDir(), t.TempDir()
	a, b := sha256.Sum256([]byte("a")), sha256.Sum256([]byte("b"))
	s := open(t, dir, store, "key").Set("clean", "rules")
	s.Add(a)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	if s := open(t, dir, store, "key").Set("clean", "rules"); !s.Has(a) || s.Has(b) {
		t.Error("the set is not what was saved")
	}
	if open(t, dir, store, "key").Set("clean", "other rules").Has(a) || open(t, dir, store, "other").Set("clean", "rules").Has(a) {
		t.Error("a set is taken for another")
	}
}

// TestDigest tells values apart that print alike.
func TestDigest(t *testing.T) {
	n := 1
	type named struct{ hidden map[string]int }
	values := []any{
		nil, 0, "", "0", 1, &n, true, []string{"a", "b"}, []string{"ab"}, [2]string{"a", "b"}, []string{}, []string(nil),
		map[string]int{"a": 1}, map[string]int{"a": 2}, named{map[string]int{"a": 1}}, named{map[string]int{"a": 2}}, 1.5,
	}
	seen := map[string]int{}
	for i, v := range values {
		d := Digest(v)
		if j, ok := seen[d]; ok && i != 11 { // an empty list is one, nil or not
			t.Errorf("%#v and %#v have one digest", values[j], v)
		}
		seen[d] = i
	}
	many := map[int]int{}
	for i := range 100 {
		many[i] = i * i
	}
	if first := Digest(many); first != Digest(many) {
		t.Error("the order of a map shows")
	}
	if Digest("a", "b") == Digest("ab") || Digest("a", "b") == Digest("b", "a") {
		t.Error("values run into each other")
	}
}
