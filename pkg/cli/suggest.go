package cli

import (
	"context"
	"fmt"

	ucli "github.com/urfave/cli/v2"

	"github.com/kustoms-dev/kustoms/pkg/analysis/netpol"
	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/intent"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/scan"
)

func suggestCommand() *ucli.Command {
	return &ucli.Command{
		Name: "suggest", Usage: "write objects that a target lacks",
		Subcommands: []*ucli.Command{{
			Name: "netpol", Usage: "write the least network policies under which the intents hold", ArgsUsage: "[TARGET]",
			Description: `Prints NetworkPolicies for one target: a default deny for each of its
namespaces, a way to DNS, and for each workload what the intents of
.kustoms.yaml let through. The policies are then applied to what the target
renders, its own policies left out, and intents that do not hold even so are
named on the standard error.

Exit codes: 0 all intents hold; 1 some do not; 2 wrong usage or configuration,
or no intents; 3 the target did not render.

Examples:
   kustoms suggest netpol > policies.yaml
   kustoms suggest netpol charts/shop`,
			Flags:  append(targetFlags(), &ucli.StringFlag{Name: "path", Value: ".", Usage: "look for targets below `PATH`"}),
			Action: runSuggestNetpol,
		}},
	}
}

// policyWriter is an analyzer that keeps what is suggested for its one target.
type policyWriter struct {
	items []intent.Intent
	out   netpol.Suggestion
}

func (*policyWriter) Name() string         { return "suggest" }
func (*policyWriter) Rules() []result.Rule { return nil }

func (p *policyWriter) Analyze(_ context.Context, x *index.Index, _ *result.Sink) error {
	p.out = netpol.Suggest(x, p.items)
	return nil
}

func runSuggestNetpol(c *ucli.Context) error {
	p := &policyWriter{}
	rep, err := analyzeOne(c, func(cfg *config.Config) scan.Analyzer {
		p.items = cfg.Intents
		return p
	})
	if err != nil {
		return err
	}
	rep.Gate = result.Gate{FailOn: "none"}
	if err := verdict(rep); err != nil {
		return err
	}
	if len(p.items) == 0 {
		return usage("say who may reach whom under intents: in "+config.FileName, "there are no intents")
	}
	if _, err := c.App.Writer.Write(p.out.YAML); err != nil {
		return usage("", "writing the policies: %v", err)
	}
	for _, o := range p.out.Open {
		fmt.Fprintf(c.App.ErrWriter, "kustoms: does not hold: %s\n", o)
	}
	if n := len(p.out.Open); n > 0 {
		return &codeError{exitGate, fmt.Sprintf("flows for which no policy makes the intents hold: %d", n)}
	}
	return nil
}
