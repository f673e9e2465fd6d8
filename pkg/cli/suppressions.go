package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

func suppressionsCommand(stderr io.Writer) *ucli.Command {
	return &ucli.Command{
		Name: "suppressions", Usage: "list everything that is accepted, by whom, until when, and whether it holds", ArgsUsage: "[PATH...]",
		Description: `Scans, and lists the suppressions of the configuration, of comments, of
annotations and of other tools' ignore files.

States: active, expiring (ends soon), unused (matches nothing), not-seen
(matches nothing, but not everything was looked at), expired, malformed,
untrusted (not in the revision of --policy-from). Only the first two suppress.`,
		Flags: slices.Concat(targetFlags(), ruleFlags(), compareFlags(), []ucli.Flag{
			&ucli.StringFlag{Name: "state", Usage: "only those in this `STATE`"},
			&ucli.StringFlag{Name: "from", Usage: "list those of this JSON `REPORT` instead of scanning"},
			&ucli.BoolFlag{Name: "json", Usage: "everything about them, as JSON"},
			&ucli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, EnvVars: []string{"KUSTOMS_QUIET"}, Usage: "no progress"},
		}),
		Action: func(c *ucli.Context) error {
			var rep *result.Report
			var err error
			if from := c.String("from"); from != "" {
				rep, err = readWhole(c.App.Reader, from)
			} else {
				rep, _, err = doScan(c, stderr)
			}
			if err != nil {
				return err
			}
			ws := rep.Waivers
			if s := c.String("state"); s != "" {
				ws = slices.DeleteFunc(ws, func(w result.Waiver) bool { return string(w.State) != s })
			}
			if c.Bool("json") {
				if ws == nil {
					ws = []result.Waiver{}
				}
				return printJSON(c.App.Writer, ws)
			}
			if len(ws) == 0 {
				fmt.Fprintln(c.App.Writer, "no suppressions")
				return nil
			}
			w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "STATE\tUSED\tEXPIRES\tOWNER\tRULE\tBY\tWHERE\tREASON")
			for _, s := range ws {
				by := string(s.Form)
				if s.Tool != "" {
					by = s.Tool + " " + by
				}
				fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", s.State, s.Used, oneWord(s.Expires), oneWord(s.Owner), oneWord(s.Rule), by, plainLine(s.At.String()), plainLine(cmp.Or(s.Fault, s.Reason)))
			}
			return w.Flush()
		},
	}
}

func oneWord(s string) string { return cmp.Or(plainLine(s), "-") }

// plainLine is text of the scanned repository that may be printed: one line
// without control characters.
func plainLine(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }), " ")
	if r := []rune(s); len(r) > 100 {
		s = string(r[:99]) + "…"
	}
	return s
}
