package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/git"
	"github.com/kustoms-dev/kustoms/pkg/memo"
	"github.com/kustoms-dev/kustoms/pkg/report"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/triage"
)

// compareFlags say what findings are compared with.
func compareFlags() []ucli.Flag {
	return []ucli.Flag{
		&ucli.StringFlag{Name: "baseline", EnvVars: []string{"KUSTOMS_BASELINE"}, Usage: "findings in this `FILE` are known and do not fail the run: a baseline, or a JSON report"},
		&ucli.StringFlag{Name: "base", EnvVars: []string{"KUSTOMS_BASE"}, Usage: "fail only on findings that are not there where HEAD and this `REF` part"},
		&ucli.StringFlag{Name: "base-commit", EnvVars: []string{"KUSTOMS_BASE_COMMIT"}, Usage: "like --base, but compare with exactly this `REV`: for shallow clones, in which the platform knows where the branches part"},
		&ucli.StringFlag{Name: "policy-from", EnvVars: []string{"KUSTOMS_POLICY_FROM"}, Usage: "take configuration, suppressions and baseline from this `REF`, so that a change cannot accept itself"},
	}
}

// comparison is the revisions that a scan is held against.
type comparison struct {
	repo   *source.Repo
	git    *git.Repo
	head   *config.Config // what the working tree says
	policy *revision      // --policy-from
	base   *revision      // the merge base of --base, or --base-commit
	ref    string         // what the findings are compared with, in words
	known  *triage.Baseline
	memo   *memo.Memo // of the working tree; nil for none
	result result.Comparison
	// policies are the trusted revision's if there is one, or else the working
	// tree's, for every revision that is scanned.
	policies policies
}

// revision is a commit, opened.
type revision struct {
	name   string
	commit git.Commit
	repo   *source.Repo
	cfg    *config.Config
	report *result.Report
}

// compare opens what the flags name. The configuration to scan by comes back,
// which is the trusted revision's if there is one.
func compare(c *ucli.Context, repo *source.Repo, cfg *config.Config) (*comparison, *config.Config, error) {
	x := &comparison{repo: repo, head: cfg}
	base, exact, policyRef := c.String("base"), c.String("base-commit"), c.String("policy-from")
	if base != "" && exact != "" {
		return nil, nil, usage("give one of them", "--base and --base-commit exclude each other")
	}
	if base != "" || exact != "" || policyRef != "" {
		var err error
		if x.git, err = git.Open(repo.Dir()); err != nil {
			return nil, nil, usage("--base, --base-commit and --policy-from need a git clone", "%v", err)
		}
	}
	if policyRef != "" {
		commit, err := x.git.Resolve(policyRef)
		if err != nil {
			return nil, nil, gitError("--policy-from", err)
		}
		if x.policy, err = x.open(policyRef, commit, cfg); err != nil {
			return nil, nil, err
		}
		if cfg, err = policyConfig(c, repo, x.policy.repo, cfg); err != nil {
			return nil, nil, err
		}
		own := *cfg
		own.Paths = there(x.policy.repo, cfg.Paths)
		x.policy.cfg = &own
		x.policies.from = x.policy
	}
	var at git.Commit
	var err error
	switch {
	case base != "":
		if at, err = x.mergeBase(base); err != nil {
			return nil, nil, gitError("--base", err)
		}
		x.ref = fmt.Sprintf("%.12s, where HEAD and %s part", at.Hash, base)
	case exact != "":
		if at, err = x.git.Resolve(exact); err != nil {
			return nil, nil, gitError("--base-commit", err)
		}
		x.ref = fmt.Sprintf("%.12s", at.Hash)
	}
	if x.ref != "" {
		if x.base, err = x.open(fmt.Sprintf("%.12s", at.Hash), at, cfg); err != nil {
			return nil, nil, err
		}
		x.base.cfg = baseConfig(x.base.repo, cfg)
	}
	return x, cfg, x.readBaseline(c, cfg)
}

// trusted is the repository that says what is accepted.
func (x *comparison) trusted() *source.Repo {
	if x.policy != nil {
		return x.policy.repo
	}
	return x.repo
}

// mergeBase is where HEAD and the revision part.
func (x *comparison) mergeBase(rev string) (git.Commit, error) {
	head, err := x.git.Resolve("HEAD")
	if err != nil {
		return head, err
	}
	target, err := x.git.Resolve(rev)
	if err != nil {
		return target, err
	}
	return x.git.MergeBase(head, target)
}

func gitError(flag string, err error) error {
	var m *git.Missing
	if errors.As(err, &m) {
		return usage(m.Hint, "%s: %s", flag, m.What)
	}
	return usage("", "%s: %v", flag, err)
}

func (x *comparison) open(name string, at git.Commit, cfg *config.Config) (*revision, error) {
	tree, err := x.git.Tree(at, x.repo.Dir())
	if err != nil {
		return nil, err
	}
	repo, err := source.OpenTree(x.repo.Dir(), tree, int64(cfg.Limits.MaxFileSize))
	if err != nil {
		return nil, err
	}
	return &revision{name: name, commit: at, repo: repo}, nil
}

// policyConfig reads the configuration of a trusted revision under the flags.
// A file that --config names is taken from there too, if it is the
// repository's; one outside is the operator's own word.
func policyConfig(c *ucli.Context, repo, trusted *source.Repo, head *config.Config) (*config.Config, error) {
	if f := c.String("config"); f != "" {
		rel, err := repo.Rel(f)
		if err != nil {
			return head, nil
		}
		data, err := trusted.ReadFile(rel)
		if err != nil {
			return nil, usage("it must be merged before it can be trusted", "--policy-from: reading --config %s: %v", rel, err)
		}
		cfg, err := config.Parse(rel, data)
		if err != nil {
			return nil, err
		}
		return cfg, override(c, repo, cfg, head)
	}
	cfg, err := config.Load(trusted)
	if err != nil {
		return nil, err
	}
	return cfg, override(c, repo, cfg, head)
}

// override puts the flags over cfg as they were put over head.
func override(c *ucli.Context, repo *source.Repo, cfg, head *config.Config) error {
	if err := flagsOver(c, repo, cfg); err != nil {
		return err
	}
	cfg.Network = head.Network // never the repository's, at no revision
	if c.Args().Present() {
		cfg.Paths, cfg.Narrowed = head.Paths, head.Narrowed
	}
	return nil
}

// baseConfig is how the base is scanned: by its own configuration as to what
// it deploys and accepts, by today's as to what is looked for, so that a rule
// that is switched on does not make old faults new.
func baseConfig(base *source.Repo, cfg *config.Config) *config.Config {
	out, err := config.Load(base)
	if err != nil { // broken there: today's, but for what it may not have
		c := *cfg
		c.Targets, c.Matrix, c.Discover = nil, nil, nil
		out = &c
	}
	out.Rules, out.Profile, out.Only, out.Without = cfg.Rules, cfg.Profile, cfg.Only, cfg.Without
	out.KubeVersion, out.Limits, out.Jobs, out.Narrowed = cfg.KubeVersion, cfg.Limits, cfg.Jobs, cfg.Narrowed
	out.Network, out.Paths = cfg.Network, there(base, cfg.Paths)
	return out
}

// there are the paths that a revision has.
func there(repo *source.Repo, paths []config.Path) []config.Path {
	var out []config.Path
	for _, p := range paths {
		if repo.Exists(string(p)) {
			out = append(out, p)
		}
	}
	return out
}

// readBaseline reads the baseline, the trusted revision's if there is one.
func (x *comparison) readBaseline(c *ucli.Context, cfg *config.Config) error {
	name := cmp.Or(c.String("baseline"), string(cfg.Baseline))
	if name == "" {
		return nil
	}
	var data []byte
	var err error
	from := x.trusted()
	rel := name
	if c.String("baseline") != "" {
		rel, err = x.repo.Rel(name)
	}
	switch {
	case err == nil && (x.policy != nil || c.String("baseline") == ""):
		data, err = from.ReadFile(rel)
	default: // the operator's own path
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return usage("write it with: kustoms baseline write --baseline "+name, "baseline: %v", err)
	}
	x.known, err = parseBaseline(name, data)
	return err
}

func parseBaseline(name string, data []byte) (*triage.Baseline, error) {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		rep, err := report.ReadJSON(bytes.NewReader(data))
		if err != nil {
			return nil, usage("", "baseline %s: %v", name, err)
		}
		b := &triage.Baseline{}
		b.Know(rep.Findings)
		return b, nil
	}
	b, err := triage.ReadBaseline(name, data)
	if err != nil {
		return nil, usage("settle the lines by hand, or write it anew with: kustoms baseline write", "%v", err)
	}
	return b, nil
}

// prepare scans the revisions and tells the run what they know. Those of a
// shard are shards, too.
func (x *comparison) prepare(c *ucli.Context, run *scan.Run, cfg *config.Config) error {
	if x.known != nil {
		x.known.Complete = !cfg.Narrowed && len(cfg.Only)+len(cfg.Without) == 0
	}
	run.Triage.Baseline = x.known
	if x.base == nil && x.policy == nil {
		return nil
	}
	x.result.Ref = x.ref
	if x.base != nil {
		if err := x.base.scan(c, &x.policies, x.memo, run.Warn); err != nil {
			return err
		}
		x.result.Base = &result.Revision{Name: x.base.name, Report: x.base.report}
	}
	if x.policy != nil {
		if x.base != nil && x.base.commit.Hash == x.policy.commit.Hash {
			x.policy.report = x.base.report
		} else if err := x.policy.scan(c, &x.policies, x.memo, run.Warn); err != nil {
			return err
		}
		x.result.Policy = &result.Revision{Name: x.policy.name, Report: x.policy.report}
	}
	x.result.Changes = x.changes(c.Context)
	hold := x.result
	if run.Part.Of > 1 {
		hold.Base = nil // what it knows is decided on all shards
	}
	triage.Hold(&run.Triage, &hold)
	return nil
}

// scan scans a revision, once for all runs that remember: a commit stays as it
// is, and policies that are not its own are part of the question.
func (r *revision) scan(c *ucli.Context, ps *policies, shared *memo.Memo, warn func(error)) error {
	if shared != nil {
		shared = &memo.Memo{Store: shared.Store, Key: shared.Key, Repo: r.repo, Outside: shared.Outside}
	}
	defer func(ctx context.Context) { c.Context = ctx }(c.Context)
	mem := remember(c, shared)
	question := memo.Digest(program(), *r.cfg, r.repo.Limit(), r.commit.Hash, r.repo.Dir(), today(), c.String("shard"), ps.state, ps.from.hash())
	if r.report = mem.report(c.Context, question); r.report != nil {
		return nil
	}
	own := *r.cfg
	own.Past = true
	run, err := assembleWith(c, r.repo, &own, ps, mem)
	if err != nil {
		return fmt.Errorf("scanning %s: %w", r.name, err)
	}
	run.Warn = warn
	if r.report, err = run.Do(c.Context); err == nil {
		mem.keep(run, r.report, question)
	}
	return err
}

// finish adds to the report what it was held against.
func (x *comparison) finish(rep *result.Report) {
	switch {
	case x.base == nil && x.policy == nil:
	case rep.Shard != nil:
		rep.Shard.Against = &x.result
	default:
		triage.Notify(&x.result, rep)
	}
}
