package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/attack"
	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/discover"
	"github.com/kustoms-dev/kustoms/pkg/gitops"
	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/policy"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/render/helm"
	"github.com/kustoms-dev/kustoms/pkg/render/kustomize"
	"github.com/kustoms-dev/kustoms/pkg/render/plain"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/schema"
	"github.com/kustoms-dev/kustoms/pkg/secret"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/suppress"
	"github.com/kustoms-dev/kustoms/pkg/triage"
)

// assemble makes a run of a configuration that evaluates no policies. The error
// is the user's.
func assemble(args *ucli.Context, repo *source.Repo, c *config.Config) (*scan.Run, error) {
	return assembleWith(args, repo, c, nil, nil)
}

// assembleWith is assemble for a run that remembers, and that evaluates
// policies: what they are taken from decides about secrets, too.
func assembleWith(args *ucli.Context, repo *source.Repo, c *config.Config, ps *policies, mem *memory) (*scan.Run, error) {
	trusted := ps.trusted()
	repo = mem.over(repo)
	charts, err := charts(args, c)
	if err != nil {
		return nil, err
	}
	past, err := history(args.Context, repo, c)
	if err != nil {
		return nil, err
	}
	opts := secret.Options{Repo: repo, Rules: trusted, Ignore: helm.Synthetic, History: past}
	if mem != nil {
		opts.Reads, opts.Clean = &mem.rules, mem.known
	}
	secrets, err := secret.New(opts)
	if err != nil {
		return nil, err
	}
	run := newRun(repo, c, noting{charts})
	ts, plan, found, err := targets(args.Context, run, c)
	if err != nil {
		return nil, err
	}
	own := policy.Analyzer{Set: &policy.Set{}, Leaks: func(text string) bool { return len(secrets.Scan("message", text)) > 0 }}
	if ps != nil {
		if own.Set, err = ps.load(args, run, c, ts, found); err != nil {
			return nil, err
		}
	}
	sel, sets, err := selectProfiles(c, ts, slices.Concat(secrets.Rules(), image.Rules(), triage.Rules(), own.Rules()))
	if err != nil {
		return nil, err
	}
	analyzers := []scan.Analyzer{sets}
	secrets.Lookalikes = sel.others["secret-lookalike"]
	if a, ok := narrow(secrets, sel.others); ok {
		analyzers = append(analyzers, a)
	}
	if a, ok := narrow(own, sel.others); ok || own.Set.Any() {
		analyzers = append(analyzers, a)
	}
	defined, err := discover.Definitions(args.Context, repo, ts)
	if err != nil {
		return nil, err
	}
	run.Targets = ts
	run.Custom = schema.Define(defined)
	var definitions []string
	for _, o := range defined {
		definitions = append(definitions, fmt.Sprintf("%s:%d\n%s", o.Doc.Path, o.Doc.Line, o.Doc.Text))
	}
	mem.attach(run, c, definitions, ps.stands())
	run.Analyzers = append(analyzers, gitops.Analyzer{Plan: plan}, image.Analyzer{On: sel.others}, suppress.Analyzer{}, attack.Analyzer{})
	run.Triage.Terms = terms(c)
	run.Triage.Severity = sel.severity
	run.FilesWhole = past != nil // what is gone from one file may be in another
	if run.Part, err = parseShard(args.String("shard")); err != nil {
		return nil, err
	}
	run.Tool = result.Tool{Name: "kustoms", Version: version()}
	run.Gate = gateOf(c)
	return run, nil
}

// gateOf is which findings fail a run.
func gateOf(c *config.Config) result.Gate {
	g := result.Gate{FailOn: string(c.FailOn), Fixable: isTrue(c.Image.FailOnFixable), Exploited: isTrue(c.Image.FailOnExploited)}
	if c.Image.FailOn != c.FailOn {
		g.Vulnerabilities = string(c.Image.FailOn)
	}
	return g
}

// terms are what the configuration says that findings are worth.
func terms(c *config.Config) result.Terms {
	return result.Terms{
		Suppressions: c.Suppressions, Warn: c.Warning(), Today: today(),
		IgnoreUnfixed: isTrue(c.Image.IgnoreUnfixed), Unknown: c.Image.UnknownSeverity,
		Partial: c.Narrowed || len(c.Only)+len(c.Without) > 0,
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

// newRun is a run that renders and does nothing else yet.
func newRun(repo *source.Repo, c *config.Config, shared render.Remote) *scan.Run {
	timeout, maxOutput := time.Duration(c.Limits.RenderTimeout), int(c.Limits.MaxRenderSize)
	charts := &helm.Renderer{Repo: repo, KubeVersion: string(c.KubeVersion), Timeout: timeout, MaxOutput: maxOutput, Charts: shared}
	overlays := &kustomize.Renderer{Repo: repo, Charts: charts, Remote: shared, Timeout: timeout, MaxOutput: maxOutput}
	return &scan.Run{
		Repo: repo, Jobs: c.Jobs, PostRender: overlays.PostRender,
		Renderers: map[result.TargetKind]render.Renderer{
			result.KindHelm: charts, result.KindKustomize: overlays, result.KindPlain: &plain.Renderer{Repo: repo},
		},
	}
}

// targets are the declared ones below the configured paths and, where asked
// for, those found and what the GitOps objects among them deploy; a chart or
// overlay that is declared is not found again.
func targets(ctx context.Context, run *scan.Run, c *config.Config) ([]result.Target, *gitops.Plan, *discover.Found, error) {
	declared, err := c.Declared(ctx, run.Repo)
	if err != nil {
		return nil, nil, nil, err
	}
	opt := discover.Options{Skip: c.Excluded}
	for _, p := range c.Paths {
		opt.Paths = append(opt.Paths, string(p))
	}
	found, err := discover.Find(ctx, run.Repo, opt)
	if err != nil {
		return nil, nil, nil, err
	}
	plan := &gitops.Plan{Targets: found.Targets}
	if c.Discovers() {
		if plan, err = gitops.Expand(ctx, gitops.Options{
			Repo: run.Repo, Found: found.Targets, MayDeploy: found.MayDeploy, Render: run.Render,
			Repositories: c.GitOps.Repositories, Skip: c.Excluded,
		}); err != nil {
			return nil, nil, nil, err
		}
	}
	var out []result.Target
	for _, t := range declared {
		if len(opt.Paths) == 0 || slices.ContainsFunc(opt.Paths, func(p string) bool { return below(t.Path, p) }) {
			out = append(out, t)
		}
	}
	for _, t := range plan.Targets {
		// The repository's own files hold secrets whoever deploys them.
		if t.Kind != result.KindFiles && !c.Discovers() {
			continue
		}
		same := func(d result.Target) bool {
			// What an object deploys is more than what stands at the path.
			return d.Name == t.Name || d.Kind == t.Kind && d.Path == t.Path && d.Kind != result.KindPlain && t.From == ""
		}
		if !slices.ContainsFunc(declared, same) {
			out = append(out, t)
		}
	}
	for i := range out {
		if out[i].KubeVersion == "" {
			out[i].KubeVersion = string(c.KubeVersion)
		}
	}
	slices.SortFunc(out, func(a, b result.Target) int { return strings.Compare(a.Name, b.Name) })
	return out, plan, found, nil
}

func today() string { return time.Now().UTC().Format(time.DateOnly) }

func below(p, dir string) bool { return dir == "." || p == dir || strings.HasPrefix(p, dir+"/") }
