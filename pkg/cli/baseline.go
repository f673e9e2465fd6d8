package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/triage"
)

// baselineFile is written and read where nothing else is said.
const baselineFile = ".kustoms.baseline"

func baselineCommand(stderr io.Writer) *ucli.Command {
	flags := func() []ucli.Flag {
		return slices.Concat(targetFlags(), ruleFlags(), []ucli.Flag{
			&ucli.StringFlag{Name: "baseline", EnvVars: []string{"KUSTOMS_BASELINE"}, Usage: "the `FILE` (default: baseline of the configuration, or " + baselineFile + ")"},
			&ucli.StringFlag{Name: "from", Usage: "take the findings of this JSON `REPORT` instead of scanning"},
			&ucli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, EnvVars: []string{"KUSTOMS_QUIET"}, Usage: "no progress"},
		})
	}
	return &ucli.Command{
		Name: "baseline", Usage: "accept what is there now, so that only new findings fail",
		Description: "A baseline is a sorted file of fingerprints, to be committed. It holds no\nmessage and no secret.\n\nExamples:\n   kustoms baseline write\n   kustoms scan --baseline " + baselineFile + "\n   kustoms baseline prune",
		Subcommands: []*ucli.Command{
			{
				Name: "write", Usage: "write all findings that are there now", ArgsUsage: "[PATH...]", Flags: flags(),
				Action: func(c *ucli.Context) error {
					rep, file, err := baselineScan(c, stderr)
					if err != nil {
						return err
					}
					return writeBaseline(c, file, rep.Findings)
				},
			},
			{
				Name: "prune", Usage: "delete the lines of findings that are mended", ArgsUsage: "[PATH...]", Flags: flags(),
				Action: func(c *ucli.Context) error {
					rep, file, err := baselineScan(c, stderr)
					if err != nil {
						return err
					}
					data, err := os.ReadFile(file)
					if err != nil {
						return usage("write it first with: kustoms baseline write", "%v", err)
					}
					known, err := parseBaseline(file, data)
					if err != nil {
						return err
					}
					return writeBaseline(c, file, slices.DeleteFunc(rep.Findings, func(f result.Finding) bool {
						_, ok := known.Known[f.Fingerprint]
						return !ok
					}))
				},
			},
		},
	}
}

// baselineScan scans, or reads the report that --from names, and gives the
// baseline's file. What was not looked at is no baseline.
func baselineScan(c *ucli.Context, stderr io.Writer) (*result.Report, string, error) {
	var rep *result.Report
	file := c.String("baseline")
	if from := c.String("from"); from != "" {
		var err error
		if rep, err = readWhole(c.App.Reader, from); err != nil {
			return nil, "", err
		}
		file = cmp.Or(file, baselineFile)
	} else {
		repo, cfg, err := open(c)
		if err != nil {
			return nil, "", err
		}
		defer repo.Close()
		if file == "" {
			file = filepath.Join(repo.Dir(), filepath.FromSlash(cmp.Or(string(cfg.Baseline), baselineFile)))
		}
		if cfg.Narrowed || len(cfg.Only)+len(cfg.Without) > 0 {
			return nil, "", usage("leave out the paths and --rules, or write another file with --baseline", "a scan of a part would drop the rest of the baseline")
		}
		if rep, err = (&comparison{repo: repo, head: cfg}).scan(c, stderr, cfg); err != nil {
			return nil, "", err
		}
	}
	if gaps := rep.Incomplete(); len(gaps) > 0 {
		return nil, "", &codeError{exitIncomplete, fmt.Sprintf("the baseline is left as it is: stages that failed: %d; the first: %s of %s: %s", len(gaps), gaps[0].Name, gaps[0].Target, gaps[0].Reason)}
	}
	return rep, file, nil
}

func writeBaseline(c *ucli.Context, file string, fs []result.Finding) error {
	n, err := countLines(file)
	if err != nil {
		return err
	}
	if err := writeFile(file, func(w io.Writer) error { return triage.WriteBaseline(w, fs) }); err != nil {
		return usage("", "writing the baseline: %v", err)
	}
	now, err := countLines(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "%s: findings known: %d (before: %d)\n", filepath.Base(file), now, n)
	return nil
}

// countLines counts a baseline's findings, 0 if there is no file.
func countLines(file string) (int, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, usage("", "%v", err)
	}
	b, err := triage.ReadBaseline(file, data)
	if err != nil {
		return 0, usage("settle the lines by hand, or delete the file", "%v", err)
	}
	return len(b.Known), nil
}
