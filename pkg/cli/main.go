// Package cli is the command line: one file a command, flags turned into a
// config.Config, and the table of exit codes.
package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/discover"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/render/plain"
	"github.com/kustoms-dev/kustoms/pkg/report"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
	"github.com/kustoms-dev/kustoms/pkg/rules"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Main runs the program and returns its exit code. It never calls os.Exit.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	app := &ucli.App{
		Name: "kustoms", Usage: "customs inspection for Kubernetes cargo",
		Reader: stdin, Writer: stdout, ErrWriter: stderr,
		// Only main exits.
		ExitErrHandler: func(*ucli.Context, error) {},
		Commands: []*ucli.Command{{
			Name: "scan",
			Action: func(c *ucli.Context) error {
				repo, err := source.OpenRepo(c.Args().First(), 0)
				if err != nil {
					return err
				}
				defer repo.Close()
				targets, err := discover.Find(c.Context, repo, discover.Options{})
				if err != nil {
					return err
				}
				run := &scan.Run{
					Repo: repo, Targets: targets,
					Renderers: map[result.TargetKind]render.Renderer{result.KindPlain: &plain.Renderer{Repo: repo}},
					Analyzers: []scan.Analyzer{rule.NewSet(rules.Flat(), nil)},
					Tool:      result.Tool{Name: "kustoms", Version: "0.1.0-dev"},
					Gate:      result.Gate{FailOn: "high"},
				}
				rep, err := run.Do(c.Context)
				if err != nil {
					return err
				}
				f, err := report.Lookup("json")
				if err != nil {
					return err
				}
				return f.Write.Write(c.App.Writer, rep)
			},
		}},
	}
	if err := app.RunContext(ctx, args); err != nil {
		fmt.Fprintf(stderr, "kustoms: error: %s\n", strings.TrimSpace(err.Error()))
		return 2
	}
	return 0
}
