//go:build unix

package cli

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A report for a pipe, or /dev/null, leaves it what it is.
func TestWritesIntoPipes(t *testing.T) {
	p := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(p, 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	got := make(chan string)
	go func() {
		data, _ := os.ReadFile(p)
		got <- string(data)
	}()
	err := writeFile(p, func(w io.Writer) error {
		_, err := io.WriteString(w, "report")
		return err
	})
	if err != nil || <-got != "report" {
		t.Errorf("error %v, or another text was read", err)
	}
	if info, err := os.Lstat(p); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the pipe is %v (%v) now", info.Mode(), err)
	}
}
