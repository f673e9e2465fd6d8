// Package gen holds what the generators below it share. Each makes all of its
// files in memory first: the command writes them, and a test compares them
// with what is checked in, so that a stale file fails the build. `code` reads
// the rules' syntax and needs nothing compiled; `docs` links the rules, so it
// runs after `code`.
package gen

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Files are generated files, by path.
type Files map[string][]byte

// Write writes the files that changed and removes those that match glob and
// are no longer generated.
func (f Files) Write(glob string) error {
	stale, err := f.stale(glob)
	if err != nil {
		return err
	}
	for _, path := range stale {
		data, ok := f[path]
		if !ok {
			err = os.Remove(path)
		} else if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			err = os.WriteFile(path, data, 0o666)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Check fails the test for each file that Write would touch.
func (f Files) Check(t *testing.T, glob string) {
	t.Helper()
	stale, err := f.stale(glob)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stale {
		t.Errorf("%s is stale: run `make generate`", path)
	}
}

func (f Files) stale(glob string) ([]string, error) {
	var out []string
	for path, data := range f {
		old, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil || !bytes.Equal(bytes.ReplaceAll(old, []byte("\r\n"), []byte("\n")), data) {
			out = append(out, path)
		}
	}
	owned, err := filepath.Glob(glob)
	if err != nil {
		return nil, err
	}
	for _, path := range owned {
		if _, ok := f[path]; !ok {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out, nil
}
