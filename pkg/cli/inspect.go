package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/triage"
)

func inspectCommand(stderr io.Writer) *ucli.Command {
	return &ucli.Command{
		Name: "inspect", Usage: "look images up for known vulnerabilities, by reference", ArgsUsage: "IMAGE...",
		Description: `An image is a reference, an OCI folder or an archive of docker save.

Examples:
   kustoms inspect --allow-network --registry ghcr.io ghcr.io/example/web:1.4
   kustoms inspect oci:build/web
   kustoms inspect docker-archive:web.tar --json

Exit codes: as for kustoms scan.`,
		Flags: slices.Concat(networkFlags(), registryFlags(), imagePolicyFlags(), engineFlags(), dbFlags(), []ucli.Flag{
			cacheSizeFlag(),
			&ucli.StringFlag{Name: "fail-on", EnvVars: []string{"KUSTOMS_FAIL_ON"}, Usage: "fail on vulnerabilities of this `SEVERITY` or worse; none never fails (default: high)"},
			&ucli.BoolFlag{Name: "json", Usage: "packages, layers and vulnerabilities, as JSON"},
			&ucli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, EnvVars: []string{"KUSTOMS_QUIET"}, Usage: "no progress"},
		}),
		Action: func(c *ucli.Context) error { return inspect(c, stderr) },
	}
}

func inspect(c *ucli.Context, stderr io.Writer) error {
	if !c.Args().Present() {
		return usage("kustoms inspect IMAGE", "which image?")
	}
	cfg := config.Default()
	if err := flagsOver(c, nil, cfg); err != nil {
		return err
	}
	docs, err := readVEX(c, cfg, nil, stderr)
	if err != nil {
		return err
	}
	s, done, err := imageScanner(c, cfg, docs, stderr, true)
	if err != nil {
		return err
	}
	defer done()
	rep := &result.Report{Gate: gateOf(cfg)}
	var sink result.Sink
	var all []*image.Result
	for _, ref := range c.Args().Slice() {
		res, err := s.Scan(c.Context, ref)
		if err != nil {
			sink.Stage(result.Stage{Name: "images", Status: result.Failed, Reason: err.Error()})
			fmt.Fprintf(stderr, "kustoms: %s: %v\n", ref, err)
			fmt.Fprintf(stderr, "kustoms: hint: %s\n", image.Hint(err))
			continue
		}
		for _, g := range res.Gaps {
			fmt.Fprintf(stderr, "kustoms: %s: %s\n", ref, g)
			if !g.Known {
				sink.Stage(result.Stage{Name: "images", Status: result.Failed, Reason: g.String()})
			}
		}
		image.Report(&sink, ref, []result.Image{{Ref: ref}}, res)
		all = append(all, res)
	}
	rep.Findings, rep.Stages = sink.Take()
	triage.Judge(&triage.Options{Terms: terms(cfg)}, rep)
	if c.Bool("json") {
		if err := printJSON(c.App.Writer, all); err != nil {
			return err
		}
		return verdict(rep)
	}
	for _, res := range all {
		if err := printResult(c.App.Writer, res, rep); err != nil {
			return err
		}
	}
	return verdict(rep)
}

func printResult(out io.Writer, r *image.Result, rep *result.Report) error {
	accepted := map[string]*result.Suppression{}
	for i := range rep.Findings {
		if f := &rep.Findings[i]; f.Suppressed != nil && f.Vulnerability != nil && f.Vulnerability.Image.Ref == r.Image.Ref {
			accepted[f.Rule] = f.Suppressed
		}
	}
	fmt.Fprintf(out, "%s\n   digest %s\n", r.Image.Ref, r.Image.Digest)
	if r.Image.OS != "" {
		fmt.Fprintf(out, "   %q, %s\n", r.Image.OS, r.Image.Platform)
	}
	fmt.Fprintf(out, "   %d layers, %d packages, %d known vulnerabilities", len(r.Layers), len(r.Packages), len(r.Vulnerabilities))
	if r.Hidden > 0 {
		fmt.Fprintf(out, " (and %d that the distribution calls unimportant)", r.Hidden)
	}
	if n := len(accepted); n > 0 {
		fmt.Fprintf(out, ", %d of them accepted", n)
	}
	fmt.Fprintln(out)
	if c := r.Contents; c != nil {
		fmt.Fprintf(out, "   %d shells, %d package managers, %d setuid or setgid files", len(c.Shells), len(c.PackageManagers), len(c.Setuid))
		if r.Config != nil {
			fmt.Fprintf(out, "; runs as %q", cmp.Or(clean(r.Config.User), "root"))
		}
		fmt.Fprintln(out)
	}
	for _, l := range r.Leaks {
		fmt.Fprintf(out, "   %s: a secret in its %s\n", l.Rule, plainLine(l.Where))
	}
	if len(r.Vulnerabilities) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nSEVERITY\tID\tPACKAGE\tINSTALLED\tFIXED IN\tLAYER\t")
	for _, v := range r.Vulnerabilities {
		note := ""
		if s := accepted[v.ID]; s != nil {
			note = "accepted: " + plainLine(s.Reason)
		}
		for _, p := range v.Packages {
			layer := fmt.Sprintf("%d", p.Layer.Index+1)
			if p.Layer.Base {
				layer += " (base)"
			}
			fixed := p.Fixed
			if fixed == "" {
				fixed = "-"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", v.Rating, v.ID, clean(p.Name), clean(p.Installed), clean(fixed), layer, note)
		}
	}
	return w.Flush()
}

// clean makes text of an image safe to print.
func clean(s string) string {
	q := fmt.Sprintf("%+q", s)
	return q[1 : len(q)-1]
}
