// Package golden compares what a test got with a file that people read in
// review. `make golden` runs the tests of every package that uses it with
// -update, which rewrites the files instead of comparing.
package golden

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Update reports whether the run rewrites golden files, for harnesses that
// keep goldens of their own form.
func Update() bool { return *update }

// Check compares got with the file at path. Line ends in the file may be CRLF:
// a checkout on Windows makes them so.
func Check(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (write it with `make golden`)", err)
	}
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-file +now); if that is right, run `make golden`:\n%s", path, diff)
	}
}
