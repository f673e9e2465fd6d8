package cli

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/config"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/intent"
	"github.com/kustoms-dev/kustoms/pkg/internal/suggest"
	"github.com/kustoms-dev/kustoms/pkg/policy"
	"github.com/kustoms-dev/kustoms/pkg/render/helm"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
	"github.com/kustoms-dev/kustoms/pkg/rules"
	"github.com/kustoms-dev/kustoms/pkg/scan"
)

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

// profiled runs on each target the rules of its profile.
type profiled struct {
	common *rule.Set
	own    map[string]*rule.Set // of targets that have a profile of their own
	rules  []result.Rule
	// intents are those whose sides are looked for in all targets together,
	// nil where the run sees only some of them.
	intents  *intent.List
	severity result.Severity
}

// Name is the name of the rules' stage.
func (p profiled) Name() string { return p.common.Name() }

// Rules are those that are on in any of the profiles.
func (p profiled) Rules() []result.Rule { return p.rules }

// Analyze runs the target's set.
func (p profiled) Analyze(ctx context.Context, x *index.Index, sink *result.Sink) error {
	if s, ok := p.own[x.Target.Profile]; ok {
		return s.Analyze(ctx, x, sink)
	}
	return p.common.Analyze(ctx, x, sink)
}

// Noted is which sides of intents the target has.
func (p profiled) Noted(target string) json.RawMessage {
	if p.intents == nil {
		return nil
	}
	data, _ := json.Marshal(p.intents.Seen(target))
	return data
}

// Remind is told what Noted was.
func (p profiled) Remind(target string, noted json.RawMessage) error {
	var seats []intent.Seat
	if err := json.Unmarshal(noted, &seats); err != nil {
		return err
	}
	p.intents.Saw(target, seats...)
	return nil
}

// listen tells of each finding that a value of a field mends; nil ends that.
// Not while targets are analyzed.
func (p *profiled) listen(fn func(*result.Finding, []rule.Want)) {
	p.common.Wants = fn
	for _, s := range p.own {
		s.Wants = fn
	}
}

// Finish reports what only the sight of all targets tells.
func (p profiled) Finish(sink *result.Sink) { sink.Report(p.intents.Unmatched(p.severity)...) }

// selectProfiles selects the rules once for each profile that is in use. The
// selection returned is of the run's own one.
func selectProfiles(c *config.Config, ts []result.Target, others []result.Rule) (*selection, *profiled, error) {
	sel, err := selectRules(c, string(c.Profile), rules.Flat(), others)
	if err != nil {
		return nil, nil, err
	}
	intents := intent.NewList(c.Intents)
	p := &profiled{common: ruleSet(sel, intents), own: map[string]*rule.Set{}}
	on := map[string]result.Rule{}
	add := func(s *rule.Set) {
		for _, m := range s.Rules() {
			on[m.ID] = m
		}
	}
	add(p.common)
	for _, t := range ts {
		if t.Profile == "" || p.own[t.Profile] != nil {
			continue
		}
		s, err := selectRules(c, t.Profile, rules.Flat(), others)
		if err != nil {
			return nil, nil, err
		}
		p.own[t.Profile] = ruleSet(s, intents)
		add(p.own[t.Profile])
		maps.Copy(sel.severity, s.severity)
	}
	for _, id := range slices.Sorted(maps.Keys(on)) {
		p.rules = append(p.rules, on[id])
	}
	if m, ok := on[intent.Rule]; ok && !c.Narrowed {
		p.intents, p.severity = intents, m.Severity
	}
	return sel, p, nil
}

func ruleSet(s *selection, intents *intent.List) *rule.Set {
	set := rule.NewSet(s.rules, s.params)
	set.Synthetic = helm.Synthetic
	set.Intents = intents
	return set
}

// selectRules applies the configuration to the rules of a profile: a family's
// entry first, then the rule's own, then what the command line names. others are reported
// by other analyzers, and are on, off or of another severity alike.
func selectRules(c *config.Config, profile string, all []*rule.Rule, others []result.Rule) (*selection, error) {
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
	isKnown := func(n string) bool {
		if strings.HasPrefix(n, policy.Prefix) && (c.Past || c.Narrowed) || n == policy.Family {
			return true // of a policy that is not there, or not looked at
		}
		equal := func(m result.Rule) bool { return m.MapsTo("", n) }
		return known[n] || slices.ContainsFunc(all, func(r *rule.Rule) bool { return equal(r.Meta) }) || slices.ContainsFunc(others, equal)
	}
	var errs []error
	for _, n := range c.RuleNames() {
		if !isKnown(n) {
			errs = append(errs, &config.Error{At: c.Rules[n].At, Msg: `unknown rule or family "` + n + `"`, Hint: suggest.DidYouMean(n, names)})
		}
	}
	for _, n := range slices.Concat(c.Only, c.Without) {
		if !isKnown(n) {
			errs = append(errs, usage(suggest.DidYouMean(n, names), "--rules: unknown rule or family %q", n))
		}
	}
	for _, r := range all {
		in := r.In(profile)
		on := in
		for _, n := range entries(c, r.Meta) {
			o := c.Rules[n]
			if o.Enabled != nil {
				// A family that is on does not pull in what is off by itself.
				on = *o.Enabled && (n != r.Family || in)
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
			on = named(r.Meta, c.Only, true) || named(r.Meta, c.Only, false) && in
		}
		if on && !named(r.Meta, c.Without, true) && !named(r.Meta, c.Without, false) {
			s.rules = append(s.rules, r)
		}
	}
	for _, m := range others {
		on := !m.Off
		for _, n := range entries(c, m) {
			o := c.Rules[n]
			if o.Enabled != nil {
				on = *o.Enabled && (n != m.Family || !m.Off)
			}
			if o.Severity != nil {
				s.severity[m.ID] = *o.Severity
			}
		}
		if len(c.Only) > 0 {
			on = named(m, c.Only, true) || named(m, c.Only, false) && !m.Off
		}
		if on && !named(m, c.Without, true) && !named(m, c.Without, false) {
			s.others[m.ID] = true
		}
	}
	return s, errors.Join(errs...)
}

// entries lists the configuration's keys that speak of a rule, the weakest
// first: its family, other tools' ids, former ids, its own.
func entries(c *config.Config, m result.Rule) []string {
	strength := func(n string) int {
		switch {
		case n == m.ID:
			return 4
		case slices.Contains(m.Aliases, n):
			return 3
		case m.MapsTo("", n):
			return 2
		case n == m.Family:
			return 1
		}
		return 0
	}
	out := slices.DeleteFunc(c.RuleNames(), func(n string) bool { return strength(n) == 0 })
	slices.SortStableFunc(out, func(a, b string) int { return strength(a) - strength(b) })
	return out
}

// named reports whether names hold the rule by its own names or another tool's
// (own), or its family.
func named(m result.Rule, names []string, own bool) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		if !own {
			return n == m.Family
		}
		return n == m.ID || slices.Contains(m.Aliases, n) || m.MapsTo("", n)
	})
}
