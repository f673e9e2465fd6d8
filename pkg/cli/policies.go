package cli

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/discover"
	"github.com/kustoms-dev/kustoms/pkg/memo"
	"github.com/kustoms-dev/kustoms/pkg/policy"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// policies are a run's policies, gathered once: what is compared is held
// against the same ones.
type policies struct {
	from *revision // trusted, nil for the working tree
	set  *policy.Set
	// state stands for all that the set was made of.
	state string
}

// trusted is where they are taken from, nil for what is scanned.
func (p *policies) trusted() *source.Repo {
	if p == nil {
		return nil
	}
	return p.from.view()
}

// stands is the state, of none too.
func (p *policies) stands() string {
	if p == nil {
		return ""
	}
	return p.state
}

// load gathers the policies of the trusted revision, or those of the run.
func (p *policies) load(args *ucli.Context, run *scan.Run, c *config.Config, ts []result.Target, found *discover.Found) (*policy.Set, error) {
	if p.set != nil {
		return p.set, nil
	}
	if p.from != nil {
		shared, err := charts(args, p.from.cfg)
		if err != nil {
			return nil, err
		}
		c, run = p.from.cfg, newRun(p.from.repo, p.from.cfg, shared)
		if ts, _, found, err = targets(args.Context, run, c); err != nil {
			return nil, err
		}
	}
	var err error
	if p.set, err = gather(args.Context, run, c, ts, found); err == nil {
		p.state = memo.Digest(c.Policies, p.set.Texts())
	}
	return p.set, err
}

// gather reads the policies of a run's repository.
func gather(ctx context.Context, run *scan.Run, c *config.Config, ts []result.Target, found *discover.Found) (*policy.Set, error) {
	opt := policy.Options{Repo: run.Repo, Render: run.Render}
	configured := map[string]bool{}
	var errs []error
	for _, p := range c.Policies {
		files, err := policyFiles(ctx, run.Repo, string(p.Path))
		if err != nil || len(files) == 0 {
			errs = append(errs, &config.Error{At: p.At, Msg: "policies: no file in " + string(p.Path), Hint: "paths are relative to the root of the repository"})
			continue
		}
		for _, f := range files {
			if !configured[f] {
				configured[f] = true
				opt.Files = append(opt.Files, policy.File{Path: f, For: p.For})
			}
		}
	}
	for _, t := range ts {
		switch {
		case t.Kind == result.KindFiles:
			opt.Texts = append(opt.Texts, withoutTests(slices.DeleteFunc(slices.Clone(t.Files), func(f string) bool { return !policyName(f) }))...)
		case t.Kind == result.KindPlain:
			// What is configured is known already.
			t.Files = slices.DeleteFunc(slices.Clone(t.Files), func(f string) bool { return configured[f] })
			fallthrough
		default:
			if t.Status != result.Skipped && (t.Kind != result.KindPlain || len(t.Files) > 0) && found.MayHoldPolicy(&t) {
				opt.Targets = append(opt.Targets, t)
			}
		}
	}
	set, err := policy.Gather(ctx, opt)
	if err != nil {
		return nil, errors.Join(append(errs, err)...)
	}
	for _, f := range set.Faults() {
		errs = append(errs, &config.Error{At: f.At, Msg: f.Message()})
	}
	return set, errors.Join(errs...)
}

// policyFiles are the files of a configured path; those of tests are not.
func policyFiles(ctx context.Context, repo *source.Repo, p string) ([]string, error) {
	if !repo.IsDir(p) {
		if !repo.Exists(p) {
			return nil, fs.ErrNotExist
		}
		return []string{p}, nil
	}
	var out []string
	err := repo.Walk(ctx, p, func(f string, d fs.DirEntry) error {
		if d.Type().IsRegular() && policyName(f) {
			out = append(out, f)
		}
		return nil
	})
	return withoutTests(out), err
}

// withoutTests leaves out what stands in or below a directory of tests.
func withoutTests(files []string) []string {
	tests := map[string]bool{}
	for _, f := range files {
		if path.Base(f) == discover.PolicyTests {
			tests[path.Dir(f)] = true
		}
	}
	return slices.DeleteFunc(files, func(f string) bool {
		for dir := path.Dir(f); ; dir = path.Dir(dir) {
			if tests[dir] {
				return true
			}
			if dir == "." || dir == "/" {
				return false
			}
		}
	})
}

func policyName(f string) bool {
	switch strings.ToLower(path.Ext(f)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}
