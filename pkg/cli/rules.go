package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/docs"
	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/internal/suggest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rules"
	"github.com/kustoms-dev/kustoms/pkg/secret"
	"github.com/kustoms-dev/kustoms/pkg/triage"
)

// catalogue describes every check that a scan can report, sorted by id.
func catalogue() ([]result.Rule, error) {
	secrets, err := secret.New(secret.Options{})
	if err != nil {
		return nil, err
	}
	var out []result.Rule
	for _, r := range rules.Flat() {
		out = append(out, r.Meta)
	}
	out = append(out, secrets.Rules()...)
	out = append(out, image.Rules()...)
	out = append(out, triage.Rules()...)
	slices.SortFunc(out, func(a, b result.Rule) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

func rulesCommand() *ucli.Command {
	return &ucli.Command{
		Name: "rules", Usage: "list the rules",
		Description: "Rules that are off run only when --rules or the configuration asks for them.\n\nExamples:\n   kustoms rules --family rbac\n   kustoms rules --standard pss",
		Flags: []ucli.Flag{
			&ucli.StringFlag{Name: "family", Usage: "only this `FAMILY`"},
			&ucli.StringFlag{Name: "standard", Usage: "only rules that serve a `STANDARD`: cis, nsa, pss, cwe, or the start of an item such as \"CIS 5.2\""},
			&ucli.StringFlag{Name: "profile", Usage: "only rules that are on in this `PROFILE`: " + strings.Join(result.Profiles(), ", ")},
			&ucli.BoolFlag{Name: "fixable", Usage: "only rules whose findings kustoms fix can mend"},
			&ucli.BoolFlag{Name: "json", Usage: "everything about the rules, as JSON"},
		},
		Action: func(c *ucli.Context) error {
			all, err := catalogue()
			if err != nil {
				return err
			}
			all = slices.DeleteFunc(all, func(m result.Rule) bool {
				return c.IsSet("family") && m.Family != c.String("family") || c.IsSet("standard") && !m.Serves(c.String("standard")) || c.IsSet("profile") && !m.In(c.String("profile")) || c.Bool("fixable") && m.Want == ""
			})
			if p := c.String("profile"); p != "" && !slices.Contains(result.Profiles(), p) {
				return usage("", "--profile: %q is no profile (want %s)", p, strings.Join(result.Profiles(), ", "))
			}
			if len(all) == 0 {
				return usage("kustoms rules lists all of them", "no rule is of that family and standard")
			}
			if c.Bool("json") {
				return printJSON(c.App.Writer, all)
			}
			w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "RULE\tFAMILY\tSEVERITY\tDEFAULT\tTITLE")
			for _, m := range all {
				on := "on"
				if m.Off {
					on = "off"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", m.ID, m.Family, m.Severity, on, m.Title)
			}
			return w.Flush()
		},
	}
}

func explainCommand() *ucli.Command {
	return &ucli.Command{
		Name: "explain", Usage: "say what a rule looks for, why, and how to mend it", ArgsUsage: "RULE",
		Description: "RULE is a rule's id, or another tool's id of the same check.\n\nExamples:\n   kustoms explain run-as-non-root\n   kustoms explain CKV_K8S_16",
		Action: func(c *ucli.Context) error {
			if c.Args().Len() != 1 {
				return usage("kustoms rules lists the rules", "explain wants one rule")
			}
			all, err := catalogue()
			if err != nil {
				return err
			}
			found := lookup(all, c.Args().First())
			if len(found) == 0 {
				var ids []string
				for _, m := range all {
					ids = append(ids, m.ID)
				}
				return usage(suggest.DidYouMean(c.Args().First(), ids), "unknown rule %q", c.Args().First())
			}
			for i, m := range found {
				if i > 0 {
					fmt.Fprintln(c.App.Writer)
				}
				if page, ok := docs.Rule(m.ID); ok {
					fmt.Fprint(c.App.Writer, page)
					continue
				}
				fmt.Fprintf(c.App.Writer, "# %s\n\n%s\n\nSeverity: %s · Family: %s\n", m.ID, m.Title, m.Severity, m.Family)
				for _, part := range []string{m.Why, m.Fix} {
					if part != "" {
						fmt.Fprintf(c.App.Writer, "\n%s\n", part)
					}
				}
			}
			return nil
		},
	}
}

// lookup finds rules by id or alias, or else by another tool's id.
func lookup(all []result.Rule, name string) []result.Rule {
	var peers []result.Rule
	for _, m := range all {
		if m.ID == name || slices.Contains(m.Aliases, name) {
			return []result.Rule{m}
		}
		if m.MapsTo("", name) {
			peers = append(peers, m)
		}
	}
	return peers
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
