package cli

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/platform"
)

func ciCommand(stderr io.Writer) *ucli.Command {
	return &ucli.Command{
		Name: "ci", Usage: "scan as the CI platform wants it: reports, base revision and share from its variables", ArgsUsage: "[PATH...]",
		Description: `Knows the platform (` + strings.Join(platform.Names(), ", ") + `)
by its variables, and sets the flags of kustoms scan accordingly. A flag or a
KUSTOMS_ variable that is given is left as it is. In the pipeline of a merge or
pull request only new findings fail, by the policy of the target branch.

Examples:
   kustoms ci --fetch-script | sh        # what a shallow clone lacks for it
   kustoms ci
   kustoms ci --explain                  # each decision and its reason
   kustoms ci --shard auto               # one of several parallel jobs
   kustoms ci --merge shards/*.json      # judges what they found

Exit codes: those of kustoms scan; a share ends with 0.`,
		Flags: append(scanFlags(),
			&ucli.StringFlag{Name: "ci-platform", EnvVars: []string{"KUSTOMS_CI_PLATFORM"}, Usage: "be on this `PLATFORM`, instead of knowing it by its variables"},
			&ucli.StringFlag{Name: "output-dir", EnvVars: []string{"KUSTOMS_OUTPUT_DIR"}, Value: "kustoms-reports", Usage: "write the reports into `DIR`, which is not scanned"},
			&ucli.BoolFlag{Name: "all", EnvVars: []string{"KUSTOMS_ALL"}, Usage: "let all findings count, also where only those of a change would"},
			&ucli.BoolFlag{Name: "own-policy", EnvVars: []string{"KUSTOMS_OWN_POLICY"}, Usage: "take configuration, suppressions and baseline from the checkout itself, not from what it is compared with"},
			&ucli.BoolFlag{Name: "fetch-script", Usage: "print the git commands, for sh, that bring what the comparison needs and the clone lacks; nothing if it has all"},
			&ucli.BoolFlag{Name: "merge", EnvVars: []string{"KUSTOMS_MERGE"}, Usage: "judge the JSON reports of all shares, which the arguments name, instead of scanning"},
			&ucli.BoolFlag{Name: "explain", Usage: "print what would be done and why, and do nothing"},
		),
		Action: func(c *ucli.Context) error { return runCI(c, stderr, os.Getenv) },
	}
}

// runCI decides the flags that are not given, and scans.
func runCI(c *ucli.Context, stderr io.Writer, getenv func(string) string) error {
	p, why, err := platform.Detect(c.String("ci-platform"), getenv)
	if err != nil {
		return usage("", "--ci-platform: %v", err)
	}
	decisions, err := decide(c, &p, world(c, getenv))
	if err != nil {
		return err
	}
	switch {
	case c.Bool("explain"):
		return explainCI(c, &p, why, decisions)
	case c.Bool("fetch-script"):
		return printFetch(c, decisions)
	}
	// Clones, for what is set below is appended to the flags' own lists.
	reports, exclude := slices.Clone(c.StringSlice("report")), slices.Clone(c.StringSlice("exclude"))
	for _, d := range decisions {
		switch {
		case d.Value == "":
		case d.Flag == "report":
			reports = append(reports, d.Value)
		case d.Flag == "exclude":
			exclude = append(exclude, d.Value)
		default:
			if err := c.Set(d.Flag, d.Value); err != nil {
				return err
			}
		}
	}
	// Lists are set whole: a first value replaces those of the environment.
	for flag, values := range map[string][]string{"report": reports, "exclude": exclude} {
		for _, v := range values {
			if err := c.Set(flag, v); err != nil {
				return err
			}
		}
	}
	for _, r := range reports {
		if _, file, _ := strings.Cut(r, "="); file != "-" {
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				return usage("name another with --output-dir", "%v", err)
			}
		}
	}
	if !c.Bool("quiet") {
		fmt.Fprintf(stderr, "kustoms: %s (%s); reports in %s; kustoms ci --explain says more\n", p.Title, why, c.String("output-dir"))
	}
	if c.Bool("merge") {
		return runMerge(c)
	}
	return runScan(c, stderr)
}

// decide gives the platform's answers to the flags that nobody gave.
func decide(c *ucli.Context, p *platform.Platform, w *platform.World) ([]platform.Decision, error) {
	dir := filepath.ToSlash(c.String("output-dir"))
	given := map[string]bool{}
	for _, r := range c.StringSlice("report") {
		format, _, _ := strings.Cut(r, "=")
		given[format] = true
	}
	var out []platform.Decision
	add := func(flag, value, reason string) {
		out = append(out, platform.Decision{Flag: flag, Value: value, Reason: reason})
	}
	share := c.String("shard")
	if c.Bool("merge") {
		share = "" // it is for all of them
	}
	if share == "auto" {
		var why string
		var err error
		if share, why, err = p.Shard(w.Getenv); err != nil {
			return nil, usage("leave --shard out where one job scans all", "--shard auto: %v", err)
		}
		if share == "" {
			share = "1/1"
		}
		add("shard", share, why)
	} else if share == "" && !c.Bool("merge") {
		if s, why, err := p.Shard(w.Getenv); err == nil && s != "" {
			add("shard", "", "this job scans all, though it is "+s+" by "+why+": --shard auto scans a share, for kustoms ci --merge")
		}
	}
	part, err := parseShard(share)
	if err != nil {
		return nil, err
	}
	revision := c.String("base") + c.String("base-commit")
	for _, d := range p.Decide(dir, w) {
		format, _, _ := strings.Cut(d.Value, "=")
		switch {
		case d.Flag == "report" && part.Of > 1: // judged with the others
		case d.Flag == "report" && given[format]:
		case d.Flag != "report" && c.Bool("merge"): // the shares know
		case (d.Flag == "base" || d.Flag == "base-commit") && (revision != "" || c.Bool("all")):
		case d.Flag == "policy-from" && (c.String(d.Flag) != "" || c.Bool("own-policy") || revision != ""):
		default:
			out = append(out, d)
		}
	}
	if revision != "" && !c.Bool("merge") && !c.Bool("own-policy") && c.String("policy-from") == "" {
		add("policy-from", revision, "what the findings are compared with also says what is accepted")
	}
	if part.Of > 1 && !given["json"] {
		add("report", "json="+path.Join(dir, fmt.Sprintf("shard-%d.json", part.Index)), "kustoms ci --merge reads those of all shares")
	}
	// The glob is of the repository, below whose root the directory may lie.
	if rel, ok := belowRoot(c, dir); ok && !c.Bool("merge") {
		add("exclude", rel+"/**", "reports of earlier runs are not the repository's")
	}
	return out, nil
}

// belowRoot is the directory as the configuration names it; ok is false if it
// lies elsewhere, or is the root itself.
func belowRoot(c *ucli.Context, dir string) (string, bool) {
	root := c.String("root")
	if root == "" {
		var err error
		if root, err = rootOf([]string{"."}); err != nil {
			return "", false
		}
	}
	abs, err := filepath.Abs(filepath.FromSlash(dir))
	if err != nil {
		return "", false
	}
	if root, err = filepath.Abs(root); err != nil {
		return "", false
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil || rel == "." || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// runMerge judges the shares that the arguments name, and writes the reports.
func runMerge(c *ucli.Context) error {
	rep, err := readReports(c)
	if err != nil {
		return err
	}
	shape, err := shapeOf(c)
	if err != nil {
		return err
	}
	format := c.String("format")
	if c.Bool("quiet") && !c.IsSet("format") {
		format = ""
	}
	out, err := parseOutputs(c.StringSlice("report"), format, shape)
	if err != nil {
		return err
	}
	if err := out.write(rep, c.App.Writer); err != nil {
		return err
	}
	return conclude(c, rep)
}

// explainCI prints the decisions, and the command that they make.
func explainCI(c *ucli.Context, p *platform.Platform, why string, decisions []platform.Decision) error {
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "platform\t%s\t%s: %s\n", p.Name, p.Title, why)
	var own []string
	for _, f := range c.Command.Flags {
		name := f.Names()[0]
		if v := fmt.Sprint(c.Value(name)); c.IsSet(name) && v != "" && !slices.Contains([]string{"explain", "ci-platform"}, name) {
			own = append(own, name)
		}
	}
	for _, d := range decisions {
		value := d.Value
		if value == "" {
			value = "-"
		}
		fmt.Fprintf(w, "--%s\t%s\t%s\n", d.Flag, plainLine(value), d.Reason)
	}
	for _, name := range own {
		fmt.Fprintf(w, "--%s\t\tgiven by a flag or its variable\n", name)
	}
	return w.Flush()
}
