package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	ucli "github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/kustoms-dev/kustoms/pkg/internal/parallel"
	"github.com/kustoms-dev/kustoms/pkg/report"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// shapeFlags decide how reports look, for every command that writes them.
func shapeFlags() []ucli.Flag {
	return []ucli.Flag{
		&ucli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, EnvVars: []string{"KUSTOMS_VERBOSE"}, Usage: "show every finding in full in the text report, suppressed and known ones too"},
		&ucli.BoolFlag{Name: "no-color", EnvVars: []string{"KUSTOMS_NO_COLOR", "NO_COLOR"}, Usage: "no colour"},
		&ucli.StringSliceFlag{Name: "previous", Usage: "JSON reports of earlier runs, oldest first, for the trend in the HTML report: `FILE`; repeatable"},
		&ucli.StringFlag{Name: "category", EnvVars: []string{"KUSTOMS_CATEGORY"}, Usage: "`NAME` that tells the SARIF of this project from others of the repository"},
		&ucli.BoolFlag{Name: "sarif-suppressed", Usage: "put suppressed findings into SARIF, marked; GitHub shows them as open"},
		&ucli.StringFlag{Name: "commit", EnvVars: []string{"KUSTOMS_COMMIT", "CI_COMMIT_SHA", "GITHUB_SHA", "GIT_COMMIT"}, Usage: "`SHA` that is scanned, for the formats that name it"},
	}
}

// maxWidth is where lines of prose become hard to read.
const maxWidth = 120

func shapeOf(c *ucli.Context) (report.Options, error) {
	o := report.Options{
		Verbose: c.Bool("verbose"), Category: c.String("category"), Suppressed: c.Bool("sarif-suppressed"),
		Commit: c.String("commit"), Time: time.Now(),
	}
	if f, ok := terminal(c.App.Writer); ok {
		o.Color = !c.Bool("no-color")
		if w, _, err := term.GetSize(f); err == nil {
			o.Width = min(w, maxWidth)
		}
	}
	for _, name := range c.StringSlice("previous") {
		r, err := readWhole(c.App.Reader, name)
		if err != nil {
			return o, err
		}
		o.Previous = append(o.Previous, r)
	}
	return o, nil
}

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
	for i, s := range specs {
		if slices.Contains(specs[:i], s) {
			continue // by a flag and its variable, say
		}
		name, file, ok := strings.Cut(s, "=")
		if !ok || file == "" {
			return nil, usage("write it as --report sarif=kustoms.sarif, or --report json=- for the standard output", "--report: %q names no file", s)
		}
		// A runner picks annotations out of any log.
		if stdout && file == "-" && name != "github-annotations" {
			return nil, usage("write all but one into files", "--report: two reports on the standard output")
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
	errs := make([]error, len(o))
	var files, printed []int
	for i := range o {
		if o[i].file == "-" {
			printed = append(printed, i)
		} else {
			files = append(files, i)
		}
	}
	// A report that cannot be written keeps none of the others back. Those on
	// the standard output come one after the other.
	_ = parallel.Each(context.Background(), len(files)+1, func(n int) {
		if n > 0 {
			i := files[n-1]
			errs[i] = writeFile(o[i].file, func(w io.Writer) error { return o[i].format.Write.Write(w, r) })
			return
		}
		for _, i := range printed {
			errs[i] = o[i].format.Write.Write(stdout, r)
		}
	})
	var failed []string
	for i, err := range errs {
		if err != nil {
			failed = append(failed, fmt.Sprintf("writing the %s report: %v", o[i].format.Name, err))
		}
	}
	if failed != nil {
		return usage("", "%s", strings.Join(failed, "; "))
	}
	return nil
}

// writeFile writes beside the file and renames, so that nobody reads half. A
// device or pipe is written to as it is: a rename would put a file in its place.
func writeFile(file string, write func(io.Writer) error) error {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
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
	_, ok := terminal(w)
	return ok
}

// terminal is the file descriptor of w, if it is a terminal.
func terminal(w any) (fd int, ok bool) {
	f, ok := w.(interface{ Fd() uintptr })
	if !ok {
		return 0, false
	}
	return int(f.Fd()), term.IsTerminal(int(f.Fd()))
}
