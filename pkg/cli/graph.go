package cli

import (
	"fmt"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/analysis/rbac"
	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/graph"
	"github.com/kustoms-dev/kustoms/pkg/internal/suggest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/scan"
)

func graphCommand() *ucli.Command {
	var formats []string
	for _, f := range graph.Formats() {
		formats = append(formats, f.Name)
	}
	flags := append(targetFlags(),
		&ucli.StringFlag{Name: "format", Value: formats[0], Usage: "`FORMAT` of the picture: " + strings.Join(formats, ", ")},
		&ucli.StringFlag{Name: "path", Value: ".", Usage: "look for targets below `PATH`"},
	)
	return &ucli.Command{
		Name: "graph", Usage: "draw how a target's objects relate",
		Description: `Prints a picture of one target. Mermaid shows in Markdown of GitHub and GitLab,
svg and html in a browser; no other program is needed.

Examples:
   kustoms graph network
   kustoms graph rbac charts/shop
   kustoms graph network charts/shop --format svg > network.svg`,
		Subcommands: []*ucli.Command{
			{
				Name: "network", Usage: "who may reach whom under the network policies", ArgsUsage: "[TARGET]", Flags: flags,
				Action: func(c *ucli.Context) error { return runGraph(c, netpol.Grapher{}) },
			},
			{
				Name: "rbac", Usage: "who holds which role, and where that leads", ArgsUsage: "[TARGET]", Flags: flags,
				Action: func(c *ucli.Context) error { return runGraph(c, rbac.Grapher{}) },
			},
		},
	}
}

// runGraph prints the picture that the analyzer makes of one target.
func runGraph(c *ucli.Context, a scan.Analyzer) error {
	format := slices.IndexFunc(graph.Formats(), func(f graph.Format) bool { return f.Name == c.String("format") })
	if format < 0 {
		var names []string
		for _, f := range graph.Formats() {
			names = append(names, f.Name)
		}
		return usage(suggest.DidYouMean(c.String("format"), names), "--format: %q is none of %s", c.String("format"), strings.Join(names, ", "))
	}
	rep, err := analyzeOne(c, func(*config.Config) scan.Analyzer { return a })
	if err != nil {
		return err
	}
	if len(rep.Graphs) == 0 {
		if err := verdict(rep); err != nil {
			return err
		}
		return usage("", "%q has nothing to draw: no workload", rep.Targets[0].Name)
	}
	if err := graph.Formats()[format].Write(c.App.Writer, &rep.Graphs[0]); err != nil {
		return usage("", "writing the picture: %v", err)
	}
	rep.Gate = result.Gate{FailOn: "none"}
	return verdict(rep)
}

// analyzeOne runs one analyzer on the one target that the arguments name, or
// on the only one that there is.
func analyzeOne(c *ucli.Context, make func(*config.Config) scan.Analyzer) (*result.Report, error) {
	if c.NArg() > 1 {
		return nil, usage("", "want one target, got %d", c.NArg())
	}
	repo, cfg, err := openAt(c, []string{c.String("path")})
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	run, err := assemble(c, repo, cfg)
	if err != nil {
		return nil, err
	}
	var names []string
	var chosen []result.Target
	for _, t := range run.Targets {
		if t.Kind == result.KindFiles {
			continue
		}
		names = append(names, t.Name)
		if !c.Args().Present() || t.Name == c.Args().First() {
			chosen = append(chosen, t)
		}
	}
	if err := known(c.Args().Slice(), names); err != nil {
		return nil, err
	}
	if len(chosen) != 1 {
		return nil, usage("name one of them: kustoms render --list lists the targets", "%d targets to look at", len(chosen))
	}
	run.Targets, run.Analyzers = chosen, []scan.Analyzer{make(cfg)}
	run.Triage.Suppressions = nil // about findings, of which there are none
	rep, err := run.Do(c.Context)
	if err != nil {
		return nil, fmt.Errorf("looking at %s: %w", chosen[0].Name, err)
	}
	return rep, nil
}
