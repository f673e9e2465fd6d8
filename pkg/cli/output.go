package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"github.com/kustoms-dev/kustoms/pkg/report"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// outputs is where a report goes: FORMAT=FILE, "-" for stdout.
type outputs []struct {
	format report.Format
	file   string
}

// parseOutputs reads the --report flags and --format; the text report goes to
// stdout where nothing else does and text is wanted.
func parseOutputs(specs []string, format string, opt report.Options) (outputs, error) {
	var out outputs
	add := func(name, file string) error {
		f, err := opt.Lookup(name)
		if err != nil {
			return usage("", "%v", err)
		}
		out = append(out, struct {
			format report.Format
			file   string
		}{f, file})
		return nil
	}
	stdout := false
	for _, s := range specs {
		name, file, ok := strings.Cut(s, "=")
		if !ok || file == "" {
			return nil, usage("write it as --report sarif=kustoms.sarif, or --report json=- for the standard output", "--report: %q names no file", s)
		}
		stdout = stdout || file == "-"
		if err := add(name, file); err != nil {
			return nil, err
		}
	}
	if format != "" && !stdout {
		if err := add(format, "-"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (o outputs) write(r *result.Report, stdout io.Writer) error {
	for _, out := range o {
		if out.file == "-" {
			if err := out.format.Write.Write(stdout, r); err != nil {
				return usage("", "writing the %s report: %v", out.format.Name, err)
			}
			continue
		}
		if err := writeFile(out.file, func(w io.Writer) error { return out.format.Write.Write(w, r) }); err != nil {
			return usage("", "writing the %s report: %v", out.format.Name, err)
		}
	}
	return nil
}

// writeFile writes beside the file and renames, so that nobody reads half.
func writeFile(file string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	err = write(tmp)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	return err
}

// isTerminal reports whether w is a terminal.
func isTerminal(w any) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}
