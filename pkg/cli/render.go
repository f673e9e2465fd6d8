package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/internal/suggest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

func renderCommand() *ucli.Command {
	return &ucli.Command{
		Name: "render", Usage: "print what a target deploys", ArgsUsage: "[TARGET...]",
		Description: `Prints the target as helm template or kustomize build would. With --origins
each line ends with a comment that says where it is written. With --output-dir
all targets are written, or those named.

With --diff the difference to what another git revision deploys is printed,
object by object, for all targets or those named. The revision is read from
git's store: nothing is checked out, and no hook or filter runs. REV... stands
for where the histories of REV and HEAD part, which is what a merge request
changes.

Exit codes: 0 all rendered; 1 with --diff --exit-code, something differs; 2
wrong usage or configuration; 3 a target did not render.

Examples:
   kustoms render --list
   kustoms render charts/shop
   kustoms render charts/shop[prod] --origins
   kustoms render --diff origin/main...
   kustoms render --diff HEAD~1 charts/shop --exit-code`,
		Flags: append(targetFlags(),
			&ucli.BoolFlag{Name: "list", Usage: "list the targets instead"},
			&ucli.BoolFlag{Name: "origins", Usage: "say behind each line where it is written"},
			&ucli.StringFlag{Name: "output-dir", Usage: "write each target to a file of its own below `DIR`"},
			&ucli.StringFlag{Name: "diff", Usage: "print the difference to what the git revision `REV` deploys"},
			&ucli.BoolFlag{Name: "exit-code", Usage: "with --diff, end with 1 if something differs"},
			&ucli.BoolFlag{Name: "no-color", EnvVars: []string{"KUSTOMS_NO_COLOR", "NO_COLOR"}, Usage: "no colour"},
			&ucli.StringFlag{Name: "path", Value: ".", Usage: "look for targets below `PATH`"},
		),
		Action: runRender,
	}
}

func runRender(c *ucli.Context) error {
	if rev := c.String("diff"); rev != "" {
		for _, other := range []string{"list", "origins", "output-dir"} {
			if c.IsSet(other) {
				return usage("", "--diff and --%s do not go together", other)
			}
		}
		return runRenderDiff(c, rev)
	}
	want := c.Args().Slice()
	repo, cfg, err := openAt(c, []string{c.String("path")})
	if err != nil {
		return err
	}
	defer repo.Close()
	run, err := assemble(c, repo, cfg)
	if err != nil {
		return err
	}
	var chosen []result.Target
	var names []string
	for _, t := range run.Targets {
		if t.Kind == result.KindFiles {
			continue
		}
		names = append(names, t.Name)
		if len(want) == 0 || slices.Contains(want, t.Name) {
			chosen = append(chosen, t)
		}
	}
	if c.Bool("list") {
		for _, t := range chosen {
			note := ""
			if t.Reason != "" {
				note = "  (" + string(t.Status) + ": " + t.Reason + ")"
			}
			fmt.Fprintf(c.App.Writer, "%s\t%s%s\n", t.Kind, t.Name, note)
		}
		return nil
	}
	if err := known(want, names); err != nil {
		return err
	}
	if len(chosen) > 1 && c.String("output-dir") == "" {
		return usage("name one of them, or write all with --output-dir; --list lists them", "%d targets to render", len(chosen))
	}
	failed := 0
	written := map[string]string{} // file → target
	for _, t := range chosen {
		if t.Status == result.Skipped {
			continue
		}
		out, err := run.Render(c.Context, t)
		if err != nil {
			for _, f := range render.Faults(err) {
				fmt.Fprintf(c.App.ErrWriter, "kustoms: %s: %s\n", t.Name, f)
				if f.Hint != "" {
					fmt.Fprintf(c.App.ErrWriter, "kustoms: hint: %s\n", f.Hint)
				}
			}
			failed++
			continue
		}
		print := func(w io.Writer) error {
			if c.Bool("origins") {
				return printOrigins(w, out)
			}
			_, err := w.Write(out.Text)
			return err
		}
		if dir := c.String("output-dir"); dir != "" {
			name := strings.NewReplacer("/", "_", "[", "_", "]", "").Replace(t.Name) + ".yaml"
			if other := written[name]; other != "" {
				return usage("name one of them", "the targets %q and %q would both be written to %s", other, t.Name, name)
			}
			written[name] = t.Name
			file := filepath.Join(dir, name)
			if err := os.MkdirAll(dir, 0o777); err != nil {
				return usage("", "%v", err)
			}
			err = writeFile(file, print)
		} else {
			err = print(c.App.Writer)
		}
		if err != nil {
			return usage("", "writing what %s deploys: %v", t.Name, err)
		}
	}
	if failed > 0 {
		return &codeError{exitIncomplete, fmt.Sprintf("targets that did not render: %d", failed)}
	}
	return nil
}

// known fails on a target that is none of names.
func known(want, names []string) error {
	for _, w := range want {
		if !slices.Contains(names, w) {
			hint := suggest.DidYouMean(w, names)
			if hint == "" {
				hint = "kustoms render --list lists the targets"
			}
			return usage(hint, "unknown target %q", w)
		}
	}
	return nil
}

// printOrigins prints the output with each line's origin behind it: where a
// person edits it and, if that is known not to be proven, a question mark.
func printOrigins(w io.Writer, out *render.Output) error {
	lines := strings.SplitAfter(string(out.Text), "\n")
	notes := make([]string, len(lines)+1)
	for _, d := range out.Documents {
		for i := range strings.Split(strings.TrimSuffix(string(d.Text), "\n"), "\n") {
			loc := d.LineOrigin(i + 1)
			note := loc.Primary.String()
			for _, o := range loc.Chain {
				if o.Span.Start.Line != loc.Primary.Start.Line || o.Path != loc.Primary.Path {
					note += " < " + o.Span.String()
				}
			}
			if !loc.Exact {
				note += " ?"
			}
			if n := d.Line + i; n < len(notes) {
				notes[n] = note
			}
		}
	}
	for i, l := range lines {
		text := strings.TrimRight(l, "\r\n")
		if note := notes[i+1]; note != "" && text != "" {
			text += "  # " + note
		}
		if i == len(lines)-1 && l == "" {
			break
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	return nil
}
