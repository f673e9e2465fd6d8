package triage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// bindSteps tells findings which steps of attack paths they are, as later steps
// of triage merge findings and give them other fingerprints.
func bindSteps(_ *Options, r *result.Report) {
	if len(r.AttackPaths) == 0 {
		return
	}
	type seen struct{ target, fingerprint string }
	at := map[seen][]result.PathStep{}
	for i, p := range r.AttackPaths {
		for j, s := range p.Steps {
			for _, f := range s.Findings {
				for _, t := range p.Targets {
					at[seen{t, f}] = append(at[seen{t, f}], result.PathStep{Path: i, Step: j})
				}
			}
		}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		for _, t := range f.Targets {
			f.On = append(f.On, at[seen{t, f.Fingerprint}]...)
		}
	}
}

// judgePaths keeps the paths that are whole, one for all environments that show
// it, the worst of them, and lifts the findings on these by one step, at most to
// the path's own severity. A suppressed finding is no step any more, and a path
// whose last step is gone, which gives the goal, is none. What the user set a severity for keeps it,
// and so does what is only told.
func judgePaths(o *Options, r *result.Report) {
	type step struct{ path, step int }
	of := map[step][]*result.Finding{}
	for i := range r.Findings {
		f := &r.Findings[i]
		for _, on := range f.On {
			if k := (step{on.Path, on.Step}); f.Suppressed == nil && f.Baseline != result.BaselineAbsent && !slices.Contains(of[k], f) {
				of[k] = append(of[k], f)
			}
		}
	}
	gives := func(k result.StepKind) bool {
		return k == result.StepPower || k == result.StepOpen || k == result.StepVulnerable
	}
	var kept []result.AttackPath
	same := map[string]int{}
	for i, p := range r.AttackPaths {
		var steps []result.AttackStep
		key := p.Goal
		for j, s := range p.Steps {
			found := of[step{i, j}]
			if len(s.Findings) > 0 && len(found) == 0 {
				continue
			}
			s.Findings = nil
			for _, f := range found {
				s.Findings = append(s.Findings, f.Fingerprint)
			}
			slices.Sort(s.Findings)
			// The findings at the end are of one workload; over the network, the
			// way in tells two paths apart, by its source.
			switch {
			case gives(s.Kind):
				key += "\x00" + strings.Join(s.Findings, " ")
			case s.Kind == result.StepReaches:
				for _, at := range p.Steps[0].Places {
					key += "\x00" + at.Location.Primary.String()
				}
			}
			steps = append(steps, s)
		}
		if len(steps) == 0 {
			continue
		}
		last := p.Steps[len(p.Steps)-1].Kind
		if end := steps[len(steps)-1].Kind; end != last && (last == result.StepPower || !gives(end)) {
			continue
		}
		p.Steps, p.Targets = steps, slices.Clone(p.Targets)
		if k, ok := same[key]; ok {
			kept[k].Targets = slices.Compact(slices.Sorted(slices.Values(slices.Concat(kept[k].Targets, p.Targets))))
			continue
		}
		same[key] = len(kept)
		kept = append(kept, p)
	}
	r.AttackPaths = kept
	rankPaths(r)
	by := map[string]*result.Finding{}
	for i := range r.Findings {
		by[r.Findings[i].Fingerprint] = &r.Findings[i]
	}
	for _, p := range r.AttackPaths {
		for _, s := range p.Steps {
			for _, id := range s.Findings {
				f := by[id]
				if f == nil || f.Lifted != nil || f.Severity == result.Info || f.Severity >= p.Severity {
					continue
				}
				if _, set := o.Severity[f.Rule]; set {
					continue
				}
				f.Lifted = &result.Lift{From: f.Severity, Goal: p.Goal}
				f.Severity++
				f.Message += fmt.Sprintf(" (raised from %s: a step of an attack path to %s)", f.Lifted.From, p.Goal)
			}
		}
	}
}

// rankPaths sorts paths, the worst first, and cuts their number: by severity, by
// what makes the way in easier, and the shortest.
func rankPaths(r *result.Report) {
	easy := func(p result.AttackPath) int {
		n := 0
		for _, s := range p.Steps {
			switch s.Kind {
			case result.StepOpen, result.StepVulnerable:
				n -= 4
			case result.StepReaches:
				n += 2
			case result.StepExposed:
				if s.Nodes {
					n++
				}
			}
		}
		return n
	}
	slices.SortStableFunc(r.AttackPaths, func(a, b result.AttackPath) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(easy(a), easy(b)), cmp.Compare(len(a.Steps), len(b.Steps)), cmp.Compare(len(b.Targets), len(a.Targets)), strings.Compare(a.Title, b.Title), slices.Compare(a.Targets, b.Targets))
	})
	if more := len(r.AttackPaths) - result.MaxAttackPaths; more > 0 {
		r.AttackPaths, r.MorePaths = r.AttackPaths[:result.MaxAttackPaths], r.MorePaths+more
	}
}
