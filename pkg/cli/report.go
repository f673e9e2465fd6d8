package cli

import (
	"io"
	"os"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/report"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

func reportCommand() *ucli.Command {
	return &ucli.Command{
		Name: "report", Usage: "write a JSON report in other formats", ArgsUsage: "REPORT.json",
		Description: "Examples:\n   kustoms scan --report json=kustoms.json --exit-zero\n   kustoms report kustoms.json --report sarif=kustoms.sarif --report junit=kustoms.xml",
		Flags: append(shapeFlags(),
			&ucli.StringSliceFlag{Name: "report", Usage: "write a report, as `FORMAT=FILE`; - is the standard output; repeatable"},
			&ucli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the report on the standard output"},
		),
		Action: func(c *ucli.Context) error {
			rep, err := readReport(c)
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
		Name: "gate", Usage: "end with the exit code that a JSON report deserves", ArgsUsage: "REPORT.json",
		Description: "For platforms that take a report only from a job that succeeds: scan with\n--exit-zero, publish, then gate in a job of its own.\n\nExamples:\n   kustoms gate kustoms.json\n   kustoms gate kustoms.json --fail-on critical",
		Flags: []ucli.Flag{
			&ucli.StringFlag{Name: "fail-on", EnvVars: []string{"KUSTOMS_FAIL_ON"}, Usage: "fail on findings of this `SEVERITY` or worse, instead of the report's own"},
		},
		Action: func(c *ucli.Context) error {
			rep, err := readReport(c)
			if err != nil {
				return err
			}
			if at := c.String("fail-on"); at != "" {
				if _, err := result.ParseSeverity(at); err != nil && at != "none" {
					return usage("", "--fail-on: %v", err)
				}
				rep.Gate.FailOn = at
			}
			return verdict(rep)
		},
	}
}

func readReport(c *ucli.Context) (*result.Report, error) {
	if c.Args().Len() != 1 {
		return nil, usage("write one with: kustoms scan --report json=kustoms.json", "%s wants one JSON report", c.Command.Name)
	}
	return readReportFile(c, c.Args().First())
}

// readReportFile reads a JSON report, "-" from the standard input.
func readReportFile(c *ucli.Context, name string) (*result.Report, error) {
	var in io.Reader = c.App.Reader
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
