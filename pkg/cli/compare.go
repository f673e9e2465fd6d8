package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/git"
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
		&ucli.StringFlag{Name: "policy-from", EnvVars: []string{"KUSTOMS_POLICY_FROM"}, Usage: "take configuration, suppressions and baseline from this `REF`, so that a change cannot accept itself"},
	}
}

// comparison is the revisions that a scan is held against.
type comparison struct {
	repo   *source.Repo
	git    *git.Repo
	head   *config.Config // what the working tree says
	policy *revision      // --policy-from
	base   *revision      // the merge base of --base
	ref    string         // as --base was given
	known  *triage.Baseline
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
	x := &comparison{repo: repo, head: cfg, ref: c.String("base")}
	policyRef := c.String("policy-from")
	if x.ref != "" || policyRef != "" {
		var err error
		if x.git, err = git.Open(repo.Dir()); err != nil {
			return nil, nil, usage("--base and --policy-from need a git clone", "%v", err)
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
		x.policy.cfg = cfg
	}
	if x.ref != "" {
		head, err := x.git.Resolve("HEAD")
		if err == nil {
			var target, at git.Commit
			if target, err = x.git.Resolve(x.ref); err == nil {
				if at, err = x.git.MergeBase(head, target); err == nil {
					x.base, err = x.open(fmt.Sprintf("%.12s", at.Hash), at, cfg)
				}
			}
		}
		if err != nil {
			return nil, nil, gitError("--base", err)
		}
		x.base.cfg = baseConfig(x.base.repo, cfg)
	}
	return x, cfg, x.readBaseline(c, cfg)
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
	if err := flagsOver(c, cfg); err != nil {
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
	out.Network, out.Paths = cfg.Network, nil
	for _, p := range cfg.Paths {
		if base.Exists(string(p)) {
			out.Paths = append(out.Paths, p)
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
	from := x.repo
	if x.policy != nil {
		from = x.policy.repo
	}
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

// prepare scans the revisions and tells the run what they know.
func (x *comparison) prepare(c *ucli.Context, run *scan.Run, cfg *config.Config) error {
	if x.base != nil {
		if err := x.base.scan(c); err != nil {
			return err
		}
		if x.known == nil {
			x.known = &triage.Baseline{}
		}
		x.known.Know(x.base.report.Findings)
		x.known.Complete = len(x.base.report.Incomplete()) == 0
	} else if x.known != nil {
		x.known.Complete = !cfg.Narrowed && len(cfg.Only)+len(cfg.Without) == 0
	}
	run.Triage.Baseline = x.known
	if x.policy != nil {
		if x.base != nil && x.base.commit.Hash == x.policy.commit.Hash {
			x.policy.report = x.base.report
		} else if err := x.policy.scan(c); err != nil {
			return err
		}
		run.Triage.Trusted = slices.Clone(x.policy.report.Waivers)
		if run.Triage.Trusted == nil {
			run.Triage.Trusted = []result.Waiver{}
		}
	}
	return nil
}

func (r *revision) scan(c *ucli.Context) error {
	run, err := assemble(c, r.repo, r.cfg)
	if err != nil {
		return fmt.Errorf("scanning %s: %w", r.name, err)
	}
	r.report, err = run.Do(c.Context)
	return err
}

// maxNotices bounds how many changes of one kind are named one by one.
const maxNotices = 20

// notices says, on top of the report, what the findings are compared with and
// what the change itself does to what is accepted.
func (x *comparison) notices(rep *result.Report) {
	from := x.base
	if from == nil {
		from = x.policy
	}
	if from == nil {
		return
	}
	if x.base != nil {
		n := map[result.BaselineState]int{}
		for i := range rep.Findings {
			if f := &rep.Findings[i]; f.Suppressed == nil {
				n[f.Baseline]++
			}
		}
		msg := fmt.Sprintf("compared with %s, where HEAD and %s part: %d new, %d fixed, %d known", x.base.name, x.ref,
			n[result.BaselineNew], n[result.BaselineAbsent], n[result.BaselineUnchanged])
		if gaps := len(x.base.report.Incomplete()); gaps > 0 {
			msg += fmt.Sprintf("; %d of its stages failed, so what they would have found counts as new, and nothing as fixed", gaps)
		}
		rep.Notices = append(rep.Notices, result.Notice{Kind: result.NoticeBase, Message: msg})
	}
	var changes []result.Notice
	say := func(at source.Span, format string, args ...any) {
		changes = append(changes, result.Notice{Kind: result.NoticePolicy, Message: fmt.Sprintf(format, args...), At: at})
	}
	applied := ""
	if x.policy != nil {
		applied = fmt.Sprintf("; it is not applied: the policy is that of %s", x.policy.name)
	}
	for _, f := range []struct{ what, path string }{
		{"configuration", cmp.Or(x.head.Path, config.FileName)}, {"baseline", string(x.head.Baseline)},
	} {
		if f.path == "" {
			continue
		}
		before, err1 := from.repo.ReadFile(f.path)
		after, err2 := x.repo.ReadFile(f.path)
		verb := map[[2]bool]string{{true, false}: "removes", {false, true}: "adds"}[[2]bool{err1 == nil, err2 == nil}]
		if verb == "" && !bytes.Equal(before, after) {
			verb = "changes"
		}
		if verb != "" {
			say(source.LineSpan(f.path, 1), "this change %s the %s%s", verb, f.what, applied)
		}
	}
	old := map[string]int{}
	for i := range from.report.Waivers {
		old[from.report.Waivers[i].Identity()]++
	}
	added := rep.Waivers
	if x.policy != nil { // its configuration is not the head's
		added = slices.DeleteFunc(slices.Clone(added), func(w result.Waiver) bool { return w.Form == result.FormConfig })
	}
	for i := range added {
		w := &added[i]
		if id := w.Identity(); old[id] > 0 {
			old[id]--
			continue
		}
		not := ""
		if w.State == result.WaiverUntrusted {
			not = applied
		}
		say(w.At, "this change adds a suppression of %q (%s)%s", w.Rule, cmp.Or(strings.TrimSpace(w.Reason), "no reason"), not)
	}
	if len(changes) > maxNotices {
		more := len(changes) - maxNotices
		changes = append(changes[:maxNotices], result.Notice{Kind: result.NoticePolicy, Message: fmt.Sprintf("and %d more such changes: see kustoms suppressions", more)})
	}
	rep.Notices = append(rep.Notices, changes...)
}
