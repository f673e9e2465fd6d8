// Package report writes a result.Report in each format that a platform or a
// person reads. A format is one file here and one golden; Formats is the only
// table of them, which flags, help, documentation and tests iterate. Writers
// see nothing but the report, so every one is tested without a scan, and the
// JSON form replays into all others.
package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Writer writes one format.
type Writer interface {
	Write(w io.Writer, r *result.Report) error
}

// WriterFunc makes a function a Writer.
type WriterFunc func(w io.Writer, r *result.Report) error

// Write calls f.
func (f WriterFunc) Write(w io.Writer, r *result.Report) error { return f(w, r) }

// Format is a row of the table of formats.
type Format struct {
	Name  string
	Help  string
	Write Writer
}

// Formats lists every format, sorted by name.
func Formats() []Format {
	return []Format{
		{"json", "everything, lossless; replays into the other formats", WriterFunc(writeJSON)},
	}
}

// Lookup finds a format by name.
func Lookup(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("unknown report format %q (want %s)", name, strings.Join(names, ", "))
}
