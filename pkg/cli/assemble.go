package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/discover"
	"github.com/kustoms-dev/kustoms/pkg/gitops"
	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/internal/suggest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/render/helm"
	"github.com/kustoms-dev/kustoms/pkg/render/kustomize"
	"github.com/kustoms-dev/kustoms/pkg/render/plain"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
	"github.com/kustoms-dev/kustoms/pkg/rules"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/schema"
	"github.com/kustoms-dev/kustoms/pkg/secret"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/triage"
)

// assemble makes a run of a configuration. The error is the user's.
func assemble(ctx context.Context, repo *source.Repo, c *config.Config) (*scan.Run, error) {
	secrets, err := secret.New(secret.Options{Repo: repo, Ignore: helm.Synthetic})
	if err != nil {
		return nil, err
	}
	sel, err := selectRules(c, rules.Flat(), slices.Concat(secrets.Rules(), triage.Rules()))
	if err != nil {
		return nil, err
	}
	run := &scan.Run{Repo: repo, Jobs: c.Jobs, Renderers: renderers(repo, c), PostRender: (&kustomize.Renderer{Repo: repo}).PostRender}
	ts, plan, err := targets(ctx, run, c)
	if err != nil {
		return nil, err
	}
	analyzers := []scan.Analyzer{rule.NewSet(sel.rules, sel.params)}
	if a, ok := narrow(secrets, sel.others); ok {
		analyzers = append(analyzers, a)
	}
	run.Targets = ts
	run.Custom = schema.Define(discover.Definitions(repo, ts))
	run.Analyzers = append(analyzers, gitops.Analyzer{Plan: plan}, image.Analyzer{})
	run.Triage = triage.Options{
		Severity: sel.severity, Suppressions: c.Suppressions,
		Today:   time.Now().UTC().Format(time.DateOnly),
		Partial: c.Narrowed || len(c.Only)+len(c.Without) > 0,
	}
	run.Tool = result.Tool{Name: "kustoms", Version: version()}
	run.Gate = result.Gate{FailOn: string(c.FailOn)}
	return run, nil
}

func renderers(repo *source.Repo, c *config.Config) map[result.TargetKind]render.Renderer {
	return map[result.TargetKind]render.Renderer{
		result.KindHelm: &helm.Renderer{
			Repo: repo, KubeVersion: string(c.KubeVersion),
			Timeout: time.Duration(c.Limits.RenderTimeout), MaxOutput: int(c.Limits.MaxRenderSize),
		},
		result.KindKustomize: &kustomize.Renderer{Repo: repo},
		result.KindPlain:     &plain.Renderer{Repo: repo},
	}
}

// targets are the declared ones below the configured paths and, where asked
// for, those found and what the GitOps objects among them deploy; a chart or
// overlay that is declared is not found again.
func targets(ctx context.Context, run *scan.Run, c *config.Config) ([]result.Target, *gitops.Plan, error) {
	declared, err := c.Declared(ctx, run.Repo)
	if err != nil {
		return nil, nil, err
	}
	opt := discover.Options{Skip: c.Excluded}
	for _, p := range c.Paths {
		opt.Paths = append(opt.Paths, string(p))
	}
	found, err := discover.Find(ctx, run.Repo, opt)
	if err != nil {
		return nil, nil, err
	}
	plan := &gitops.Plan{Targets: found.Targets}
	if c.Discovers() {
		if plan, err = gitops.Expand(ctx, gitops.Options{
			Repo: run.Repo, Found: found.Targets, MayDeploy: found.MayDeploy, Render: run.Render,
			Repositories: c.GitOps.Repositories, Skip: c.Excluded,
		}); err != nil {
			return nil, nil, err
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
	return out, plan, nil
}

func below(p, dir string) bool { return dir == "." || p == dir || strings.HasPrefix(p, dir+"/") }

// selection is which rules run, and how.
type selection struct {
	rules    []*rule.Rule
	params   map[string]any
	severity map[string]result.Severity
	others   map[string]bool // rules of other analyzers that are on, by id
}

// chosen is an analyzer of which only some rules are on.
type chosen struct {
	scan.Analyzer
	on map[string]bool
}

// narrow leaves out what is off; ok is false if nothing is left.
func narrow(a scan.Analyzer, on map[string]bool) (scan.Analyzer, bool) {
	c := chosen{a, on}
	return c, len(c.Rules()) > 0
}

// Rules are those of the analyzer that are on.
func (c chosen) Rules() []result.Rule {
	return slices.DeleteFunc(slices.Clone(c.Analyzer.Rules()), func(m result.Rule) bool { return !c.on[m.ID] })
}

// Analyze drops the findings of rules that are off.
func (c chosen) Analyze(ctx context.Context, x *index.Index, sink *result.Sink) error {
	var own result.Sink
	err := c.Analyzer.Analyze(ctx, x, &own)
	findings, stages := own.Take()
	for _, f := range findings {
		if c.on[f.Rule] {
			sink.Report(f)
		}
	}
	for _, st := range stages {
		sink.Stage(st)
	}
	return err
}

// selectRules applies the configuration to the rules: a family's entry first,
// then the rule's own, then what the command line names. others are reported
// by other analyzers, and are on, off or of another severity alike.
func selectRules(c *config.Config, all []*rule.Rule, others []result.Rule) (*selection, error) {
	s := &selection{params: map[string]any{}, severity: map[string]result.Severity{}, others: map[string]bool{}}
	var names []string
	known := map[string]bool{}
	know := func(m result.Rule) {
		for _, n := range append([]string{m.ID, m.Family}, m.Aliases...) {
			if !known[n] {
				known[n] = true
				names = append(names, n)
			}
		}
	}
	for _, r := range all {
		know(r.Meta)
	}
	for _, m := range others {
		know(m)
	}
	var errs []error
	for _, n := range c.RuleNames() {
		if !known[n] {
			errs = append(errs, &config.Error{At: c.Rules[n].At, Msg: `unknown rule or family "` + n + `"`, Hint: suggest.DidYouMean(n, names)})
		}
	}
	for _, n := range slices.Concat(c.Only, c.Without) {
		if !known[n] {
			errs = append(errs, usage(suggest.DidYouMean(n, names), "--rules: unknown rule or family %q", n))
		}
	}
	for _, r := range all {
		on := !r.Off
		for _, n := range namesOf(r.Meta) {
			o, ok := c.Rules[n]
			if !ok {
				continue
			}
			if o.Enabled != nil {
				// A family that is on does not pull in what is off by itself.
				on = *o.Enabled && (n != r.Family || !r.Off)
			}
			if o.Severity != nil {
				s.severity[r.ID] = *o.Severity
			}
			if o.Params == nil {
				continue
			}
			if n == r.Family || r.Params == nil {
				errs = append(errs, &config.Error{At: o.At, Msg: `"` + n + `" has no parameters`})
				continue
			}
			p := r.Params()
			if err := config.DecodeNode(c.Path, o.Params, p); err != nil {
				errs = append(errs, err)
			}
			s.params[r.ID] = p
		}
		if len(c.Only) > 0 {
			on = named(r.Meta, c.Only, true) || named(r.Meta, c.Only, false) && !r.Off
		}
		if on && !named(r.Meta, c.Without, true) && !named(r.Meta, c.Without, false) {
			s.rules = append(s.rules, r)
		}
	}
	for _, m := range others {
		on := !m.Off
		for _, n := range namesOf(m) {
			o, ok := c.Rules[n]
			if ok && o.Enabled != nil {
				on = *o.Enabled
			}
			if ok && o.Severity != nil {
				s.severity[m.ID] = *o.Severity
			}
		}
		if len(c.Only) > 0 {
			on = named(m, c.Only, true) || named(m, c.Only, false)
		}
		if on && !named(m, c.Without, true) && !named(m, c.Without, false) {
			s.others[m.ID] = true
		}
	}
	return s, errors.Join(errs...)
}

// namesOf lists how the configuration may call a rule, the weakest first.
func namesOf(m result.Rule) []string {
	return slices.Concat([]string{m.Family}, m.Aliases, []string{m.ID})
}

// named reports whether names hold the rule by its own names, or its family.
func named(m result.Rule, names []string, own bool) bool {
	return slices.ContainsFunc(namesOf(m), func(n string) bool { return (n != m.Family) == own && slices.Contains(names, n) })
}
