package cli

import (
	"fmt"
	"io"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

func coverageCommand() *ucli.Command {
	return &ucli.Command{
		Name: "coverage", Usage: "list the template lines that no target renders", ArgsUsage: "[PATH...]",
		Description: `What no target renders, no rule has seen. Add the values file that switches
those lines on: values-<env>.yaml or ci/<case>-values.yaml beside values.yaml
is found by itself, others are declared as targets in .kustoms.yaml.

The worst files come first. Lines that cannot print do not count, nor do charts
in packages. kustoms scan --report json=FILE holds the same under "coverage".

Exit codes: 0 all targets rendered, whatever the coverage is; 2 wrong usage or
configuration; 3 a target did not render, and its templates may be missing.

Examples:
   kustoms coverage
   kustoms coverage charts/shop --format json`,
		Flags: append(targetFlags(),
			&ucli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the list: text or json"},
		),
		Action: runCoverage,
	}
}

func runCoverage(c *ucli.Context) error {
	format := c.String("format")
	if format != "text" && format != "json" {
		return usage("write text or json", "--format: unknown format %q", format)
	}
	repo, cfg, err := open(c)
	if err != nil {
		return err
	}
	defer repo.Close()
	run, err := assemble(c, repo, cfg)
	if err != nil {
		return err
	}
	run.Analyzers = nil
	rep, err := run.Do(c.Context)
	if err != nil {
		return err
	}
	cov := rep.Coverage
	if cov == nil {
		cov = &result.Coverage{Files: []result.FileCoverage{}}
	}
	if format == "json" {
		err = printJSON(c.App.Writer, cov)
	} else {
		err = printCoverage(c.App.Writer, cov)
	}
	if err != nil {
		return err
	}
	for _, s := range rep.Incomplete() {
		fmt.Fprintf(c.App.ErrWriter, "kustoms: %s: %s\n", s.Target, s.Reason)
	}
	rep.Gate = result.Gate{FailOn: "none"}
	return verdict(rep)
}

func printCoverage(w io.Writer, cov *result.Coverage) error {
	if cov.Lines == 0 {
		_, err := fmt.Fprintln(w, "no chart has templates")
		return err
	}
	for _, f := range cov.Worst() {
		fmt.Fprintf(w, "%3d%%  %s\n", result.Percent(f.Rendered, f.Lines), f.Path)
		words := make([]string, len(f.Missing))
		for i, r := range f.Missing {
			words[i] = r.String()
			if i < len(f.Missing)-1 {
				words[i] += ","
			}
		}
		fill(w, fmt.Sprintf("%d of %d lines; not rendered:", f.Rendered, f.Lines), words)
	}
	_, err := fmt.Fprintf(w, "%3d%%  in total: %d of %d lines, in %d files\n", result.Percent(cov.Rendered, cov.Lines), cov.Rendered, cov.Lines, len(cov.Files))
	return err
}

// fill prints words behind a lead, indented, in 80 columns.
func fill(w io.Writer, lead string, words []string) {
	const indent = "      "
	line := indent + lead
	for _, word := range words {
		if len(line)+1+len(word) > 80 {
			fmt.Fprintln(w, line)
			line = indent + word
			continue
		}
		line += " " + word
	}
	fmt.Fprintln(w, line)
}
