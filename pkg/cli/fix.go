package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/fix"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

func fixCommand(stderr io.Writer) *ucli.Command {
	return &ucli.Command{
		Name: "fix", Usage: "mend findings by edits of values, templates, manifests and patches", ArgsUsage: "[PATH...]",
		Description: `Scans, tries the edit that each finding asks for, and renders again: an edit is
kept only if its finding is gone, no other finding appeared, and nothing else of
what is deployed is different. Comments and formatting stay. Prints the edits as
a unified diff; --write makes them.

An edit is proven for what is deployed, not for the program that runs there: one
that writes its root file system fails with a read-only one. Choose with --rules
and test what you deploy. kustoms rules --fixable lists the rules.

Never edited are packaged charts, sub-charts that come from elsewhere, generated
files, and anything outside the repository. Findings that are suppressed stay.

Examples:
   kustoms fix
   kustoms fix charts/web --rules allow-privilege-escalation --write
   kustoms fix | git apply

Exit codes: 0 edits were found or none was needed, 2 wrong usage or
configuration, 3 incomplete: something could not be looked at.`,
		Flags: slices.Concat(targetFlags(), ruleFlags(), []ucli.Flag{
			&ucli.BoolFlag{Name: "write", Aliases: []string{"w"}, Usage: "change the files"},
			&ucli.BoolFlag{Name: "dry-run", Usage: "print the edits and change nothing; the default"},
			&ucli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, EnvVars: []string{"KUSTOMS_QUIET"}, Usage: "no summary"},
		}),
		Action: func(c *ucli.Context) error { return runFix(c, stderr) },
	}
}

// mending listens to a run for what its findings want, and tries that.
type mending struct {
	rules  *profiled
	wishes *fix.Wishes
	trial  fix.Trial
}

// newMending prepares a run, which must not have begun.
func newMending(c *ucli.Context, repo *source.Repo, cfg *config.Config, run *scan.Run) (*mending, error) {
	charts, err := charts(c, cfg)
	if err != nil {
		return nil, err
	}
	m := &mending{wishes: fix.NewWishes(repo, run.Targets)}
	for _, a := range run.Analyzers {
		if p, ok := a.(*profiled); ok {
			m.rules = p
		}
	}
	m.rules.listen(m.wishes.Add)
	m.trial = fix.Trial{
		Repo: repo, Run: run, Analyzers: []scan.Analyzer{m.rules},
		Over: func(view *source.Repo) *scan.Run {
			other := newRun(view, cfg, charts)
			other.Custom = run.Custom
			return other
		},
	}
	return m, nil
}

// do tries what the findings of the report want, but for those that are
// accepted.
func (m *mending) do(ctx context.Context, rep *result.Report) (*fix.Outcome, error) {
	m.rules.listen(nil)
	accepted := map[string]bool{}
	for i := range rep.Findings {
		if f := &rep.Findings[i]; f.Suppressed != nil {
			accepted[f.Fingerprint] = true
		}
	}
	return m.trial.Do(ctx, m.wishes, func(fp string) bool { return accepted[fp] })
}

// offer adds to the report's findings the edits that mend them.
func (m *mending) offer(ctx context.Context, rep *result.Report) error {
	out, err := m.do(ctx, rep)
	if err != nil {
		return err
	}
	for i := range rep.Findings {
		rep.Findings[i].Edits = out.Edits[rep.Findings[i].Fingerprint]
	}
	return nil
}

func runFix(c *ucli.Context, stderr io.Writer) error {
	if c.Bool("write") && c.Bool("dry-run") {
		return usage("give one of them", "--write and --dry-run exclude each other")
	}
	repo, cfg, err := open(c)
	if err != nil {
		return err
	}
	defer repo.Close()
	run, err := assemble(c, repo, cfg)
	if err != nil {
		return err
	}
	m, err := newMending(c, repo, cfg, run)
	if err != nil {
		return err
	}
	rep, err := run.Do(c.Context)
	if err != nil {
		return err
	}
	out, err := m.do(c.Context, rep)
	if err != nil {
		return err
	}
	if err := confirm(c, repo, cfg, rep, out); err != nil {
		return err
	}
	color := isTerminal(c.App.Writer) && !c.Bool("no-color")
	for _, p := range slices.Sorted(maps.Keys(out.Files)) {
		was, err := repo.ReadFile(p)
		if err != nil {
			return err
		}
		if !c.Bool("write") {
			if err := printDiff(c.App.Writer, difference("a/"+p, was, "b/"+p, out.Files[p]), color); err != nil {
				return err
			}
			continue
		}
		if err := repo.Replace(p, was, out.Files[p]); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	if !c.Bool("quiet") {
		summarize(stderr, rep, out, c.Bool("write"))
	}
	if n := len(rep.Incomplete()); n > 0 {
		return &codeError{exitIncomplete, fmt.Sprintf("stages that failed, which kustoms scan names: %d", n)}
	}
	return nil
}

// confirm scans the repository with all edits in place, from discovery on, and
// fails if a finding is there that was not: trials look at the targets that
// were found before, by the rules alone.
func confirm(c *ucli.Context, repo *source.Repo, cfg *config.Config, rep *result.Report, out *fix.Outcome) error {
	if len(out.Files) == 0 {
		return nil
	}
	view, err := repo.With(out.Files)
	if err != nil {
		return err
	}
	run, err := assemble(c, view, cfg)
	if err != nil {
		return err
	}
	after, err := run.Do(c.Context)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for i := range rep.Findings {
		known[rep.Findings[i].Fingerprint] = true
	}
	for i := range after.Findings {
		f := &after.Findings[i]
		if out.Mended[f.Fingerprint] || !known[f.Fingerprint] {
			return &codeError{exitIncomplete, fmt.Sprintf("with the edits in place a scan finds %s at %s, so nothing was changed; leave a rule out with --rules, and please report it", f.Rule, f.Loc.Primary)}
		}
	}
	if a, b := len(after.Incomplete()), len(rep.Incomplete()); a > b {
		return &codeError{exitIncomplete, "with the edits in place less could be looked at, so nothing was changed: please report it"}
	}
	return nil
}

// summarize says what was mended and what was not.
func summarize(w io.Writer, rep *result.Report, out *fix.Outcome, written bool) {
	mended, left := 0, map[fix.Reason]int{}
	for i := range rep.Findings {
		f := &rep.Findings[i]
		switch {
		case out.Mended[f.Fingerprint]:
			mended++
		case out.Left[f.Fingerprint] != "":
			left[out.Left[f.Fingerprint]]++
		}
	}
	verb := "would mend"
	if written {
		verb = "mended"
	}
	fmt.Fprintf(w, "kustoms: %s %d of %d findings, in %d files\n", verb, mended, len(rep.Findings), len(out.Files))
	for _, r := range slices.Sorted(maps.Keys(left)) {
		fmt.Fprintf(w, "kustoms: left %d: %s\n", left[r], r)
	}
}
