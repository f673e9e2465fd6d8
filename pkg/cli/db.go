package cli

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
)

func dbCommand(stderr io.Writer) *ucli.Command {
	net := append(networkFlags(), dbFlags()...)
	return &ucli.Command{
		Name: "db", Usage: "keep the vulnerability data that image scans match with",
		Description: `A scan that may use the network fetches what its images need by itself. Where
scans run offline, fetch it elsewhere and carry it over:

   kustoms db update --allow-network Debian Alpine npm
   kustoms db export kustoms-db.tar
   kustoms db import kustoms-db.tar`,
		Subcommands: []*ucli.Command{
			{
				Name: "update", Usage: "fetch the advisories of ecosystems, or of all that are there", ArgsUsage: "[ECOSYSTEM...]",
				Description: "Ecosystems are OSV's, without release: Debian, Ubuntu, Alpine, Wolfi, \"Red Hat\",\n\"Rocky Linux\", AlmaLinux, SUSE, Go, npm, PyPI, Maven, RubyGems, crates.io, NuGet.",
				Flags:       net,
				Action:      func(c *ucli.Context) error { return updateDB(c, stderr) },
			},
			{Name: "status", Usage: "show what is there, and how old it is", Flags: append(dbFlags(), &ucli.BoolFlag{Name: "json", Usage: "as JSON"}), Action: statusDB},
			{
				Name: "import", Usage: "take an export, or a folder of OSV archives", ArgsUsage: "PATH [ECOSYSTEM...]",
				Description: "A folder holds <Ecosystem>/all.zip, below it or below osv-scanner or osv-scalibr.",
				Flags:       dbFlags(),
				Action: func(c *ucli.Context) error {
					if !c.Args().Present() {
						return usage("kustoms db import PATH", "which file or folder?")
					}
					s, err := dbStore(c)
					if err != nil {
						return err
					}
					took, err := s.Import(c.Context, c.Args().First(), c.Args().Tail(), dbProgress(stderr, false))
					if err != nil {
						return fmt.Errorf("importing %q: %w", c.Args().First(), err)
					}
					fmt.Fprintf(c.App.Writer, "imported: %s\n", strings.Join(took, ", "))
					return nil
				},
			},
			{Name: "export", Usage: "write what is there to one file, or to the standard output (-)", ArgsUsage: "FILE", Flags: dbFlags(), Action: exportDB},
			{
				Name: "verify", Usage: "compare what is there with its checksums", Flags: dbFlags(),
				Action: func(c *ucli.Context) error {
					s, err := dbStore(c)
					if err != nil {
						return err
					}
					if err := s.Verify(c.Context); err != nil {
						return &codeError{exitIncomplete, fmt.Sprintf("%v\n   fetch it anew: kustoms db update --allow-network", err)}
					}
					fmt.Fprintln(c.App.Writer, "all indexes match their checksums")
					return nil
				},
			},
		},
	}
}

func updateDB(c *ucli.Context, stderr io.Writer) error {
	s, err := dbStore(c)
	if err != nil {
		return err
	}
	ecosystems := c.Args().Slice()
	if len(ecosystems) == 0 {
		cat, err := s.Read()
		if err != nil {
			return usage("name what your images need: kustoms db update --allow-network Debian npm", "%v, so that there is nothing to bring up to date", err)
		}
		ecosystems = slices.Sorted(maps.Keys(cat.Ecosystems))
	}
	p, err := networkPolicy(c, config.Default())
	if err != nil {
		return err
	}
	src, why, err := dbSource(c, p)
	if err != nil {
		return err
	}
	if src == nil {
		return usage("add --allow-network, or name a folder with --db-source", "the data comes from %s, and %s", c.String("db-source"), why)
	}
	if err := s.Update(c.Context, src, ecosystems, dbProgress(stderr, false)); err != nil {
		return &codeError{exitIncomplete, fmt.Sprintf("not updated, what was there is kept: %v", err)}
	}
	fmt.Fprintf(c.App.Writer, "updated: %s\n", strings.Join(ecosystems, ", "))
	return nil
}

func statusDB(c *ucli.Context) error {
	s, err := dbStore(c)
	if err != nil {
		return err
	}
	cat, err := s.Read()
	if err != nil {
		return &codeError{exitIncomplete, fmt.Sprintf("%v\n   fetch it: kustoms db update --allow-network ECOSYSTEM...", err)}
	}
	if c.Bool("json") {
		return printJSON(c.App.Writer, cat)
	}
	fmt.Fprintf(c.App.Writer, "in %s\n", s.Dir)
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ECOSYSTEM\tADVISORIES\tUNREADABLE\tAS OF\tAGE\tFROM")
	stale := 0
	for _, eco := range slices.Sorted(maps.Keys(cat.Ecosystems)) {
		e := cat.Ecosystems[eco]
		age, mark := s.Age(e), ""
		if limit := c.Duration("db-max-age"); limit > 0 && age > limit {
			mark, stale = " (too old)", stale+1
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s%s\t%s\n", eco, e.Stats.Records, e.Stats.Unreadable, e.AsOf.Format(time.DateOnly), ageText(age), mark, e.Source)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if stale > 0 {
		return &codeError{exitIncomplete, fmt.Sprintf("too old: %d; bring them up to date: kustoms db update --allow-network", stale)}
	}
	return nil
}

func ageText(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

func exportDB(c *ucli.Context) (err error) {
	s, err := dbStore(c)
	if err != nil {
		return err
	}
	file := c.Args().First()
	if file == "" {
		return usage("kustoms db export FILE", "to which file?")
	}
	if file == "-" {
		return s.Export(c.Context, c.App.Writer)
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".kustoms-db-")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if err := s.Export(c.Context, tmp); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
