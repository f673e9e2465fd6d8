package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/discover"
	"github.com/kustoms-dev/kustoms/pkg/gitops"
	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/render/helm"
	"github.com/kustoms-dev/kustoms/pkg/render/kustomize"
	"github.com/kustoms-dev/kustoms/pkg/render/plain"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/secret"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/suppress"
	"github.com/kustoms-dev/kustoms/pkg/triage"
)

// assemble makes a run of a configuration. The error is the user's.
func assemble(ctx context.Context, repo *source.Repo, c *config.Config) (*scan.Run, error) {
	secrets, err := secret.New(secret.Options{Repo: repo, Ignore: helm.Synthetic})
	if err != nil {
		return nil, err
	}
	ts, err := targets(ctx, repo, c)
	if err != nil {
		return nil, err
	}
	sel, sets, err := selectProfiles(c, ts, slices.Concat(secrets.Rules(), triage.Rules()))
	if err != nil {
		return nil, err
	}
	analyzers := []scan.Analyzer{sets}
	if a, ok := narrow(secrets, sel.others); ok {
		analyzers = append(analyzers, a)
	}
	return &scan.Run{
		Repo: repo, Targets: ts, Jobs: c.Jobs,
		Renderers: renderers(repo, c),
		Analyzers: append(analyzers, gitops.Analyzer{}, image.Analyzer{}, suppress.Analyzer{}),
		Triage: triage.Options{
			Severity: sel.severity, Suppressions: c.Suppressions, Warn: c.Warning(),
			Today:   time.Now().UTC().Format(time.DateOnly),
			Partial: c.Narrowed || len(c.Only)+len(c.Without) > 0,
		},
		Tool: result.Tool{Name: "kustoms", Version: version()},
		Gate: result.Gate{FailOn: string(c.FailOn)},
	}, nil
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
// for, those found; a chart or overlay that is declared is not found again.
func targets(ctx context.Context, repo *source.Repo, c *config.Config) ([]result.Target, error) {
	declared, err := c.Declared(ctx, repo)
	if err != nil {
		return nil, err
	}
	opt := discover.Options{Skip: c.Excluded}
	for _, p := range c.Paths {
		opt.Paths = append(opt.Paths, string(p))
	}
	found, err := discover.Find(ctx, repo, opt)
	if err != nil {
		return nil, err
	}
	var out []result.Target
	for _, t := range declared {
		if len(opt.Paths) == 0 || slices.ContainsFunc(opt.Paths, func(p string) bool { return below(t.Path, p) }) {
			out = append(out, t)
		}
	}
	for _, t := range found {
		// The repository's own files hold secrets whoever deploys them.
		if t.Kind != result.KindFiles && !c.Discovers() {
			continue
		}
		same := func(d result.Target) bool {
			return d.Name == t.Name || d.Kind == t.Kind && d.Path == t.Path && d.Kind != result.KindPlain
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
	return out, nil
}

func below(p, dir string) bool { return dir == "." || p == dir || strings.HasPrefix(p, dir+"/") }
