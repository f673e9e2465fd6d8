package cli

import (
	"io"
	"os"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/report"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/triage"
)

func reportCommand() *ucli.Command {
	return &ucli.Command{
		Name: "report", Usage: "write JSON reports in other formats, merged into one", ArgsUsage: "[LABEL=]REPORT.json...",
		Description: "Examples:\n   kustoms scan --report json=kustoms.json --exit-zero\n   kustoms report kustoms.json --report sarif=kustoms.sarif --report junit=kustoms.xml\n   kustoms report shard-1.json shard-2.json --report html=kustoms.html\n   kustoms report shop=shop.json bank=bank.json   # two repositories; labels go before paths",
		Flags: append(shapeFlags(), shardsFlag(),
			&ucli.StringSliceFlag{Name: "report", Usage: "write a report, as `FORMAT=FILE`; - is the standard output; repeatable"},
			&ucli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the report on the standard output"},
		),
		Action: func(c *ucli.Context) error {
			rep, err := readReports(c)
			if err != nil {
				return err
			}
			format := c.String("format")
			if len(c.StringSlice("report")) > 0 && !c.IsSet("format") {
				format = ""
			}
			shape, err := shapeOf(c)
			if err != nil {
				return err
			}
			out, err := parseOutputs(c.StringSlice("report"), format, shape)
			if err != nil {
				return err
			}
			return out.write(rep, c.App.Writer)
		},
	}
}

func gateCommand() *ucli.Command {
	return &ucli.Command{
		Name: "gate", Usage: "end with the exit code that JSON reports deserve", ArgsUsage: "REPORT.json...",
		Description: "For platforms that take a report only from a job that succeeds: scan with\n--exit-zero, publish, then gate in a job of its own.\n\nExamples:\n   kustoms gate kustoms.json\n   kustoms gate kustoms.json --fail-on critical\n   kustoms gate shard-1.json shard-2.json --baseline old.json",
		Flags: []ucli.Flag{
			&ucli.StringFlag{Name: "fail-on", EnvVars: []string{"KUSTOMS_FAIL_ON"}, Usage: "fail on findings of this `SEVERITY` or worse, instead of the report's own"},
			&ucli.StringFlag{Name: "baseline", EnvVars: []string{"KUSTOMS_BASELINE"}, Usage: "findings in this `FILE` are known: a baseline, or a JSON report"},
		},
		Action: func(c *ucli.Context) error {
			rep, err := readReports(c)
			if err != nil {
				return err
			}
			if at := c.String("fail-on"); at != "" {
				if _, err := result.ParseSeverity(at); err != nil && at != "none" {
					return usage("", "--fail-on: %v", err)
				}
				if rep.Gate.FailOn = at; at == "none" {
					rep.Gate = result.Gate{FailOn: at}
				}
			}
			if name := c.String("baseline"); name != "" {
				data, err := os.ReadFile(name)
				if err != nil {
					return usage("", "--baseline: %v", err)
				}
				known, err := parseBaseline(name, data)
				if err != nil {
					return err
				}
				triage.Compare(known, rep)
			}
			return verdict(rep)
		},
	}
}

// readReports reads the reports that the arguments name, puts the shards of a
// run together, and merges what is left. A label before "=" goes before their
// paths, for reports of several repositories.
func readReports(c *ucli.Context) (*result.Report, error) {
	if !c.Args().Present() {
		return nil, usage("write one with: kustoms scan --report json=kustoms.json", "%s wants a JSON report", c.Command.Name)
	}
	var all []*result.Report
	var labels []string                     // of those that have shards, in order
	shards := map[string][]*result.Report{} // by label
	for _, name := range c.Args().Slice() {
		label := ""
		if _, err := os.Stat(name); err != nil {
			if l, file, ok := strings.Cut(name, "="); ok {
				label, name = l, file
			}
		}
		rep, err := readReport(c.App.Reader, name)
		if err != nil {
			return nil, err
		}
		if rep.Shard != nil {
			if shards[label] == nil {
				labels = append(labels, label)
			}
			shards[label] = append(shards[label], rep)
			continue
		}
		if label != "" {
			triage.Label(label, rep)
		}
		all = append(all, rep)
	}
	for _, label := range labels {
		fill, err := excerpts(c, shards[label][0].Shard)
		if err != nil {
			return nil, err
		}
		rep, err := triage.Join(shards[label], fill)
		if err != nil {
			return nil, usage("give each shard's report of one run once; label those of several repositories: shop=shard-1.json", "%v", err)
		}
		if label != "" {
			triage.Label(label, rep)
		}
		all = append(all, rep)
	}
	return triage.Merge(all), nil
}

func readReport(stdin io.Reader, name string) (*result.Report, error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usage("write one with: kustoms scan --report json="+name, "%v", err)
		}
		defer f.Close()
		in = f
	}
	rep, err := report.ReadJSON(in)
	if err != nil {
		return nil, usage("write it again with: kustoms scan --report json=FILE", "%s: %v", name, err)
	}
	return rep, nil
}

// readWhole is readReport for who cannot take a shard.
func readWhole(stdin io.Reader, name string) (*result.Report, error) {
	rep, err := readReport(stdin, name)
	if err == nil && rep.Shard != nil {
		return nil, usage("put the shards together with: kustoms report SHARD.json... --report json=whole.json", "%s is shard %d of %d: alone it says nothing", name, rep.Shard.Index, rep.Shard.Of)
	}
	return rep, err
}

func diffCommand() *ucli.Command {
	return &ucli.Command{
		Name: "diff", Usage: "show what is new, fixed and unchanged between two JSON reports", ArgsUsage: "OLD.json NEW.json",
		Description: "Suppressed findings are left out on both sides. The exit code is 0 whatever\nthe difference; to fail on what is new: kustoms gate NEW.json --baseline OLD.json",
		Flags: []ucli.Flag{
			&ucli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: " + strings.Join(report.DiffFormats(), ", ")},
			&ucli.BoolFlag{Name: "unchanged", Usage: "list what is unchanged, too"},
		},
		Action: func(c *ucli.Context) error {
			if c.Args().Len() != 2 {
				return usage("kustoms diff OLD.json NEW.json", "diff wants two JSON reports")
			}
			before, err := readWhole(c.App.Reader, c.Args().Get(0))
			if err != nil {
				return err
			}
			after, err := readWhole(c.App.Reader, c.Args().Get(1))
			if err != nil {
				return err
			}
			for i := range after.Findings { // what it was compared with itself is another matter
				if f := &after.Findings[i]; f.Baseline == result.BaselineUnchanged {
					f.Baseline = result.BaselineNew
				}
			}
			known := &triage.Baseline{Complete: true}
			known.Know(before.Findings)
			triage.Compare(known, after)
			if err := report.Diff(c.App.Writer, c.String("format"), after, c.Bool("unchanged")); err != nil {
				return usage("", "%v", err)
			}
			return nil
		},
	}
}
