package cli

import (
	"fmt"
	"text/tabwriter"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/report"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/scan"
)

func imagesCommand() *ucli.Command {
	return &ucli.Command{
		Name: "images", Usage: "list the container images that a repository deploys, and where each is written", ArgsUsage: "[PATH...]",
		Description: "Examples:\n   kustoms images\n   kustoms images charts --json",
		Flags:       append(targetFlags(), &ucli.BoolFlag{Name: "json", Usage: "with object, container and every target, as JSON"}),
		Action: func(c *ucli.Context) error {
			repo, cfg, err := open(c)
			if err != nil {
				return err
			}
			defer repo.Close()
			run, err := assemble(c, repo, cfg)
			if err != nil {
				return err
			}
			run.Analyzers = []scan.Analyzer{image.Analyzer{}}
			rep, err := run.Do(c.Context)
			if err != nil {
				return err
			}
			if err := printImages(c, rep); err != nil {
				return err
			}
			rep.Gate = result.Gate{FailOn: "none"}
			return verdict(rep)
		},
	}
}

// listed is an image as `kustoms images --json` prints it.
type listed struct {
	result.Image
	Targets []string `json:"targets"`
}

func printImages(c *ucli.Context, rep *result.Report) error {
	type place struct{ ref, at string }
	seen := map[place]int{}
	var out []listed
	for _, t := range rep.Targets {
		for _, img := range t.Images {
			k := place{img.Ref, img.Loc.Primary.String()}
			i, ok := seen[k]
			if !ok {
				i = len(out)
				seen[k] = i
				out = append(out, listed{Image: img})
			}
			if n := len(out[i].Targets); n == 0 || out[i].Targets[n-1] != t.Name {
				out[i].Targets = append(out[i].Targets, t.Name)
			}
		}
	}
	if c.Bool("json") {
		return printJSON(c.App.Writer, out)
	}
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "IMAGE\tOBJECT\tWRITTEN AT")
	for _, img := range out {
		fmt.Fprintf(w, "%q\t%q\t%s\n", img.Ref, img.Object.String(), report.Printable(img.Loc.Primary.String()))
	}
	return w.Flush()
}
