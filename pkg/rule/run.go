package rule

import (
	"context"
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/intent"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Configured is a rule as one run uses it.
type Configured struct {
	*Rule
	Params any
}

// Set is a selection of rules, an analyzer of targets.
type Set struct {
	// Synthetic, if set, reports whether a value is one that deterministic
	// rendering made up in place of a random one.
	Synthetic func(string) bool
	// Intents are what the user says of who may reach whom; may be nil.
	Intents *intent.List
	// Wants, if set, is told of each finding that a value of a field mends,
	// while its object lives. It must be safe for concurrent use.
	Wants func(f *result.Finding, wants []Want)

	rules []Configured
}

// NewSet makes a set; each rule has its default parameters where params names
// none for its id.
func NewSet(rules []*Rule, params map[string]any) *Set {
	s := &Set{}
	for _, r := range rules {
		c := Configured{Rule: r, Params: params[r.ID]}
		if c.Params == nil && r.Params != nil {
			c.Params = r.Params()
		}
		s.rules = append(s.rules, c)
	}
	return s
}

// Name is the analyzer's name.
func (s *Set) Name() string { return "rules" }

// Rules describes the rules of the set.
func (s *Set) Rules() []result.Rule {
	out := make([]result.Rule, len(s.rules))
	for i, r := range s.rules {
		out[i] = r.Meta
	}
	return out
}

// Analyze runs each rule over the target. A rule that panics is recorded as a
// failed stage with its id; the others run on.
func (s *Set) Analyze(ctx context.Context, x *index.Index, sink *result.Sink) error {
	pass := Pass{Index: x, sink: sink, synthetic: s.Synthetic, intents: s.Intents, wants: s.Wants}
	for _, c := range s.rules {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := run(c, pass); err != nil {
			sink.Stage(result.Stage{Name: "rules", Target: x.Target.Name, Status: result.Failed, Reason: err.Error()})
		}
	}
	return nil
}

// run applies one rule; shared is the pass without what the rule adds.
func run(c Configured, shared Pass) (err error) {
	p := &shared
	p.Params, p.rule, p.severity = c.Params, c.Rule, c.Severity
	var at *manifest.Object
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("rule %s broke: %v (a fault of kustoms: please report it)", c.ID, r)
			if at != nil {
				err = fmt.Errorf("rule %s broke on %s: %v (a fault of kustoms: please report it)", c.ID, at.Key, r)
			}
		}
	}()
	if c.Universe != nil {
		c.Universe(p)
		return nil
	}
	for _, o := range p.Index.Objects {
		at = o
		pod, isPod := o.Pod()
		switch {
		case c.Object != nil && c.On(o):
			c.Object(p, o)
		case c.Pod != nil && isPod:
			c.Pod(p, pod)
		case c.Container != nil && isPod:
			for ct := range pod.Containers() {
				p.container = &ct
				c.Container(p, pod, ct)
			}
			p.container = nil
		}
	}
	return nil
}
