package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/analysis/rbac"
	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/memo"
	"github.com/kustoms-dev/kustoms/pkg/report"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/scan"
)

func scanCommand(stderr io.Writer) *ucli.Command {
	return &ucli.Command{
		Name: "scan", Usage: "render, check and report what a repository deploys", ArgsUsage: "[PATH...]",
		Description: `Finds the Helm charts, Kustomize overlays and manifests below the paths (the
current directory if there is none), renders them, and checks the result.

Examples:
   kustoms scan
   kustoms scan charts overlays --fail-on medium
   kustoms scan . --report sarif=kustoms.sarif --report junit=kustoms.xml

Exit codes: 0 clean, 1 findings at or over --fail-on, 2 wrong usage or
configuration, 3 incomplete: something could not be looked at.`,
		Flags: scanFlags(),
		Action: func(c *ucli.Context) error {
			return profiling(c, func() error { return runScan(c, stderr) })
		},
	}
}

// scanFlags are all that a scan takes.
func scanFlags() []ucli.Flag {
	return slices.Concat(targetFlags(), ruleFlags(), compareFlags(), shapeFlags(), registryFlags(), imagePolicyFlags(), engineFlags(), dbFlags(), profileFlags(), []ucli.Flag{
		cacheSizeFlag(), sandboxFlag(),
		&ucli.BoolFlag{Name: "images", EnvVars: []string{"KUSTOMS_IMAGES"}, Usage: "look the images that are deployed up for known vulnerabilities; needs --allow-network and --registry"},
		&ucli.StringFlag{Name: "shard", EnvVars: []string{"KUSTOMS_SHARD"}, Usage: "look at a share of the targets, `I/N`, I from 1 on; kustoms gate and kustoms report judge all N JSON reports together"},
		&ucli.StringSliceFlag{Name: "report", EnvVars: []string{"KUSTOMS_REPORT"}, Usage: "write a report, as `FORMAT=FILE`; - is the standard output; repeatable"},
		&ucli.StringFlag{Name: "format", EnvVars: []string{"KUSTOMS_FORMAT"}, Value: "text", Usage: "`FORMAT` of the report on the standard output"},
		&ucli.StringFlag{Name: "fail-on", EnvVars: []string{"KUSTOMS_FAIL_ON"}, Usage: "fail on findings of this `SEVERITY` or worse; none never fails (default: high)"},
		&ucli.BoolFlag{Name: "fixes", EnvVars: []string{"KUSTOMS_FIXES"}, Usage: "try what kustoms fix would write, and offer it in reports that carry fixes (sarif, json); takes about as long again"},
		&ucli.BoolFlag{Name: "exit-zero", EnvVars: []string{"KUSTOMS_EXIT_ZERO"}, Usage: "end with 0 whatever the scan found or could not look at"},
		&ucli.StringFlag{Name: "git-range", EnvVars: []string{"KUSTOMS_GIT_RANGE"}, Usage: "look for secrets in the commits of `BASE..HEAD` too"},
		&ucli.BoolFlag{Name: "git-history", EnvVars: []string{"KUSTOMS_GIT_HISTORY"}, Usage: "look for secrets in the whole history too"},
		&ucli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, EnvVars: []string{"KUSTOMS_QUIET"}, Usage: "no progress, and no text report unless --format asks for one"},
	})
}

// targetFlags say what is looked at, for every command that looks at targets.
func targetFlags() []ucli.Flag {
	return append([]ucli.Flag{
		&ucli.StringFlag{Name: "root", EnvVars: []string{"KUSTOMS_ROOT"}, Usage: "root of the repository `DIR` (default: top of the git working tree, or what holds all paths)"},
		&ucli.StringFlag{Name: "config", EnvVars: []string{"KUSTOMS_CONFIG"}, Usage: "read the configuration from `FILE` (default: .kustoms.yaml at the root)"},
		&ucli.StringSliceFlag{Name: "exclude", EnvVars: []string{"KUSTOMS_EXCLUDE"}, Usage: "do not look at paths that match this `GLOB`; repeatable"},
		&ucli.StringFlag{Name: "kube-version", EnvVars: []string{"KUSTOMS_KUBE_VERSION"}, Usage: "Kubernetes `VERSION` to render and check for"},
		&ucli.StringFlag{Name: "max-file-size", EnvVars: []string{"KUSTOMS_MAX_FILE_SIZE"}, Usage: "refuse files over this `SIZE` (default: 20MB)"},
		&ucli.StringFlag{Name: "render-timeout", EnvVars: []string{"KUSTOMS_RENDER_TIMEOUT"}, Usage: "give up a chart's render after this `TIME` (default: 1m)"},
		&ucli.StringFlag{Name: "max-render-size", EnvVars: []string{"KUSTOMS_MAX_RENDER_SIZE"}, Usage: "give up a chart's render that prints more than this `SIZE` (default: 64MB)"},
		&ucli.IntFlag{Name: "jobs", Aliases: []string{"j"}, EnvVars: []string{"KUSTOMS_JOBS"}, Usage: "work on `N` targets at once (default: one a CPU)"},
	}, networkFlags()...)
}

// ruleFlags say what is looked for.
func ruleFlags() []ucli.Flag {
	return []ucli.Flag{
		&ucli.StringSliceFlag{Name: "rules", EnvVars: []string{"KUSTOMS_RULES"}, Usage: "run only these rules or families, by id or by another tool's id; -`NAME` leaves one out"},
		&ucli.StringSliceFlag{Name: "policies", EnvVars: []string{"KUSTOMS_POLICIES"}, Usage: "check against the policies in this file or directory of the repository, a `PATH`; repeatable, and in place of policies: in the configuration"},
		&ucli.StringFlag{Name: "profile", EnvVars: []string{"KUSTOMS_PROFILE"}, Usage: "the set of rules that are on, a `PROFILE`: " + strings.Join(result.Profiles(), ", ")},
	}
}

func runScan(c *ucli.Context, stderr io.Writer) error {
	format := c.String("format")
	if c.Bool("quiet") && !c.IsSet("format") {
		format = ""
	}
	stdout := c.App.Writer
	part, err := parseShard(c.String("shard"))
	if err != nil {
		return err
	}
	if part.Of > 1 {
		return runShard(c, stderr)
	}
	shape, err := shapeOf(c)
	if err != nil {
		return err
	}
	out, err := parseOutputs(c.StringSlice("report"), format, shape)
	if err != nil {
		return err
	}
	rep, _, err := doScan(c, stderr)
	if err != nil {
		return err
	}
	if err := out.write(rep, stdout); err != nil {
		return err
	}
	return conclude(c, rep)
}

// conclude is the verdict under --exit-zero.
func conclude(c *ucli.Context, rep *result.Report) error {
	err := verdict(rep)
	if c.Bool("exit-zero") && err != nil {
		return &codeError{exitClean, err.Error() + " (0 for --exit-zero)"}
	}
	return err
}

// doScan scans what the command's flags and arguments say, by the
// configuration that comes back.
func doScan(c *ucli.Context, stderr io.Writer) (*result.Report, *config.Config, error) {
	repo, cfg, err := open(c)
	if err != nil {
		return nil, nil, err
	}
	defer repo.Close()
	if err := confine(c, repo, cfg, stderr); err != nil {
		return nil, nil, err
	}
	against, cfg, err := compare(c, repo, cfg)
	if err != nil {
		return nil, nil, err
	}
	if against.memo, err = openMemo(c, repo, cfg, stderr); err != nil {
		return nil, nil, err
	}
	rep, err := against.scan(c, stderr, cfg)
	return rep, cfg, err
}

// drawn reports whether a report is written that shows graphs. JSON does not
// count: it would grow by what few read, and kustoms graph gives it.
func drawn(c *ucli.Context) bool {
	return c.String("format") == "html" || slices.ContainsFunc(c.StringSlice("report"), func(s string) bool { return strings.HasPrefix(s, "html=") })
}

// scan scans the working tree, held against the revisions.
func (x *comparison) scan(c *ucli.Context, stderr io.Writer, cfg *config.Config) (*result.Report, error) {
	own := *cfg // other revisions have no history of their own to look through
	own.GitRange, own.GitHistory = c.String("git-range"), c.Bool("git-history")
	if c.Bool("fixes") {
		x.memo = nil // what is remembered of a target has no objects to edit
	}
	mem := remember(c, x.memo)
	alone := x.base == nil && x.policy == nil && own.GitRange == "" && !own.GitHistory && !c.Bool("images")
	question := memo.Digest(program(), own, x.repo.Limit(), x.known, today(), drawn(c), c.String("shard"))
	if rep := mem.report(c.Context, question); alone && rep != nil {
		return rep, nil
	}
	run, err := assembleWith(c, x.repo, &own, &x.policies, mem)
	if err != nil {
		return nil, err
	}
	if err := x.prepare(c, run, cfg); err != nil {
		return nil, err
	}
	if drawn(c) {
		run.Analyzers = append(run.Analyzers, netpol.Grapher{Policies: true}, rbac.Grapher{Bindings: true})
	}
	if c.Bool("images") {
		docs, err := readVEX(c, cfg, x.trusted(), stderr)
		if err != nil {
			return nil, err
		}
		scanner, done, err := imageScanner(c, cfg, docs, stderr, false)
		if err != nil {
			return nil, err
		}
		defer done()
		lookUp(run, scanner)
	}
	if isTerminal(stderr) && !c.Bool("quiet") {
		run.Progress = func(e scan.Event) {
			fmt.Fprintf(stderr, "\r\x1b[K[%d/%d] %s %.60s", e.Done, e.Total, e.Stage, report.Printable(e.Target))
		}
		defer fmt.Fprint(stderr, "\r\x1b[K")
	}
	run.Warn = mem.warn(stderr)
	var m *mending
	if c.Bool("fixes") && run.Part.Of <= 1 {
		if m, err = newMending(c, x.repo, cfg, run); err != nil {
			return nil, err
		}
	}
	rep, err := run.Do(c.Context)
	if err != nil {
		return nil, err
	}
	if m != nil {
		if err := m.offer(c.Context, rep); err != nil {
			return nil, err
		}
	}
	if rep.Shard != nil {
		rep.Shard.Commit, rep.Shard.Root = checkout(x.repo.Dir())
	}
	x.finish(rep)
	if !alone {
		question = ""
	}
	mem.keep(run, rep, question)
	return rep, nil
}
