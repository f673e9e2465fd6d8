package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/discover"
	"github.com/kustoms-dev/kustoms/pkg/policy"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

func policyCommand() *ucli.Command {
	return &ucli.Command{
		Name: "policy", Usage: "about the repository's own policies",
		Subcommands: []*ucli.Command{{
			Name: "test", Usage: "run the tests of policies", ArgsUsage: "[DIR...]",
			Description: `Runs the files ` + discover.PolicyTests + ` at and below each DIR. One names policies,
objects that are created, and what is expected of each:

   policies: [../policies]
   tests:
   - name: five replicas are too many
     object: {apiVersion: apps/v1, kind: Deployment, …}   # or file: web.yaml
     expect: denied          # or warned, audited, admitted
     policy: replica-limit   # optional, as is
     message: at most 3      # a part of what is said

Exit codes: 0 all pass; 1 some fail; 2 a file or a policy is wrong, or there are
no tests.`,
			Flags: []ucli.Flag{
				&ucli.StringFlag{Name: "root", EnvVars: []string{"KUSTOMS_ROOT"}, Usage: "the repository's root, a `DIR`; by default the git repository around the first DIR"},
				&ucli.StringFlag{Name: "kube-version", EnvVars: []string{"KUSTOMS_KUBE_VERSION"}, Usage: "the Kubernetes `VERSION` whose kinds and defaults hold"},
				&ucli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, EnvVars: []string{"KUSTOMS_QUIET"}, Usage: "only what fails"},
			},
			Action: runPolicyTest,
		}},
	}
}

func runPolicyTest(c *ucli.Context) error {
	repo, cfg, err := open(c)
	if err != nil {
		return err
	}
	defer repo.Close()
	var outcomes []policy.Outcome
	files, err := testFiles(c.Context, repo, cfg)
	if err != nil {
		return err
	}
	for _, f := range files {
		got, err := runSuite(c.Context, repo, cfg, f)
		if err != nil {
			return err
		}
		outcomes = append(outcomes, got...)
	}
	if len(outcomes) == 0 {
		return usage("write one; kustoms policy test --help shows how", "there are no tests: no %s", discover.PolicyTests)
	}
	failed := 0
	for _, o := range outcomes {
		switch {
		case o.Problem != "":
			failed++
			fmt.Fprintf(c.App.Writer, "FAIL  %s: %s: %s\n      %s\n", source.LineSpan(o.At.Path, o.At.Start.Line), o.Name, o.Object, o.Problem)
		case !c.Bool("quiet"):
			fmt.Fprintf(c.App.Writer, "ok    %s: %s\n", o.Name, o.Object)
		}
	}
	fmt.Fprintf(c.App.Writer, "%d passed, %d failed\n", len(outcomes)-failed, failed)
	if failed > 0 {
		return &codeError{exitGate, fmt.Sprintf("tests of policies that fail: %d", failed)}
	}
	return nil
}

// testFiles are the files of tests at and below the configured paths.
func testFiles(ctx context.Context, repo *source.Repo, cfg *config.Config) (out []string, err error) {
	for _, p := range cfg.Paths {
		if !repo.IsDir(string(p)) {
			out = append(out, string(p))
			continue
		}
		err = errors.Join(err, repo.Walk(ctx, string(p), func(f string, d fs.DirEntry) error {
			if d.Type().IsRegular() && path.Base(f) == discover.PolicyTests {
				out = append(out, f)
			}
			return nil
		}))
	}
	return out, err
}

// runSuite reads one file of tests and the policies that it names, and runs it.
func runSuite(ctx context.Context, repo *source.Repo, cfg *config.Config, name string) ([]policy.Outcome, error) {
	data, err := repo.ReadFile(name)
	if err != nil {
		return nil, usage("", "%s: %v", name, err)
	}
	var s policy.Suite
	if err := config.DecodeFile(name, data, &s); err != nil {
		return nil, err
	}
	var errs []error
	for i := range s.Tests {
		if err := s.Tests[i].Check(); err != nil {
			errs = append(errs, &config.Error{At: s.Tests[i].At, Msg: fmt.Sprintf("tests[%d]: %v", i, err)})
		}
	}
	opt := policy.Options{Repo: repo}
	for _, p := range s.Policies {
		files, err := policyFiles(ctx, repo, path.Join(path.Dir(name), p))
		if err != nil || len(files) == 0 {
			errs = append(errs, &config.Error{At: source.LineSpan(name, 1), Msg: "policies: no file in " + p, Hint: "paths are relative to this file and stay below the root, which --root sets"})
		}
		for _, f := range files {
			opt.Files = append(opt.Files, policy.File{Path: f})
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	set, err := policy.Gather(ctx, opt)
	if err != nil {
		return nil, err
	}
	for _, f := range set.Faults() {
		errs = append(errs, &config.Error{At: f.At, Msg: f.Message()})
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return s.Run(ctx, repo, name, set, string(cfg.KubeVersion))
}
