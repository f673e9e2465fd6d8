package fix

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/fix/edit"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// unit is changes that belong together, and the findings, of any target, that want it.
type unit struct {
	changes []edit.Change
	wishes  []wish
}

func (u *unit) in(targets map[string]bool) bool {
	return slices.ContainsFunc(u.wishes, func(w wish) bool { return targets[w.target] })
}

// search tries units together, and where that fails, in halves.
type search struct {
	*Trial
	ctx    context.Context
	files  *edit.Files
	before map[string]*state
	kept   []*unit
	// renders is how many targets were rendered, all how many may be; whole
	// renders every target in each trial.
	renders, all int
	whole        bool
}

// apart groups units that want something of the same target, or change the
// same file: the groups do not meet, and a trial of one costs its targets.
func apart(units []*unit) [][]*unit {
	group := map[string]int{} // of a target or a file
	var groups [][]*unit
	for _, u := range units {
		var names []string
		for _, w := range u.wishes {
			names = append(names, "target "+w.target)
		}
		for _, c := range u.changes {
			names = append(names, "file "+c.Path)
		}
		to := len(groups)
		groups = append(groups, []*unit{u})
		for _, n := range names {
			if g, ok := group[n]; ok && g != to {
				groups[to] = append(groups[g], groups[to]...)
				groups[g] = nil
				for k, v := range group {
					if v == g {
						group[k] = to
					}
				}
			}
			group[n] = to
		}
	}
	return slices.DeleteFunc(groups, func(g []*unit) bool { return len(g) == 0 })
}

// reads reports whether the target may read one of the files. Do sees to it
// that a target which does without our knowing is found.
func (s *search) reads(t result.Target, files map[string]bool) bool {
	if s.whole {
		return true
	}
	for p := range files {
		switch {
		case t.Kind == result.KindPlain && !slices.Contains(t.Files, p):
		case t.Kind == result.KindHelm && len(t.PostRender) == 0 && t.Path != "." && !strings.HasPrefix(p, t.Path+"/") &&
			(t.Helm == nil || !slices.Contains(t.Helm.ValueFiles, p)):
		default:
			return true
		}
	}
	return false
}

// try keeps those of the units that do no harm, beside those already kept. bad
// are the targets that are known to suffer from all of them together; nil if
// that was not tried.
func (s *search) try(units []*unit, bad map[string]bool) (rejected, untried []*unit) {
	if len(units) == 0 || s.ctx.Err() != nil {
		return nil, nil
	}
	if bad == nil {
		if s.renders >= s.all {
			return nil, units
		}
		if bad = s.suffer(units); len(bad) == 0 {
			s.kept = append(s.kept, units...)
			return nil, nil
		}
	}
	if len(units) == 1 {
		return units, nil
	}
	// First apart: what wants nothing of the targets that suffer.
	var left, right []*unit
	for _, u := range units {
		if u.in(bad) {
			left = append(left, u)
		} else {
			right = append(right, u)
		}
	}
	if len(left) == 0 || len(right) == 0 {
		left, right = units[:len(units)/2], units[len(units)/2:]
	}
	// The harmless part first. If all of it is kept, what was tried above is
	// the rest beside it.
	r1, u1 := s.try(right, nil)
	if len(r1)+len(u1) > 0 {
		bad = nil
	}
	r2, u2 := s.try(left, bad)
	return append(r1, r2...), append(u1, u2...)
}

// apply gives the changed files.
func (s *search) apply(units []*unit) (map[string][]byte, error) {
	by := map[string][]edit.Change{}
	for _, u := range units {
		for _, c := range u.changes {
			by[c.Path] = append(by[c.Path], c)
		}
	}
	out := map[string][]byte{}
	for path, changes := range by {
		text, err := s.files.Text(path)
		if err != nil {
			return nil, err
		}
		out[path] = edit.Apply(text, changes)
	}
	return out, nil
}

// suffer renders, with the changes of the kept units and of these in place, the
// targets that read these, and names those in which something is not as it
// should be.
func (s *search) suffer(more []*unit) map[string]bool {
	units := append(slices.Clone(s.kept), more...)
	all := func() map[string]bool {
		bad := map[string]bool{}
		for _, t := range s.Run.Targets {
			bad[t.Name] = true
		}
		return bad
	}
	files, err := s.apply(units)
	if err != nil {
		return all()
	}
	repo, err := s.Repo.With(files)
	if err != nil {
		return all()
	}
	run := s.Over(repo)
	wanted := map[string][]wish{}
	for _, u := range units {
		for _, w := range u.wishes {
			wanted[w.target] = append(wanted[w.target], w)
		}
	}
	touched, wishing := map[string]bool{}, map[string]bool{}
	for _, u := range more {
		for _, c := range u.changes {
			touched[c.Path] = true
		}
		for _, w := range u.wishes {
			wishing[w.target] = true
		}
	}
	bad := map[string]bool{}
	var mu sync.Mutex
	s.each(func(t result.Target) {
		if !wishing[t.Name] && !s.reads(t, touched) {
			return
		}
		now := render(s.ctx, run, t)
		mu.Lock()
		s.renders++
		old := s.before[t.Name]
		mu.Unlock()
		if old == nil {
			old = render(s.ctx, s.Run, t)
			if old.err == nil && old.hash != now.hash {
				s.look(s.ctx, old)
			}
			old.index = nil
			mu.Lock()
			s.before[t.Name] = old
			mu.Unlock()
		} else if old.err == nil && old.flat == nil && old.hash != now.hash {
			again := render(s.ctx, s.Run, t)
			s.look(s.ctx, again)
			mu.Lock()
			s.before[t.Name] = again
			mu.Unlock()
			old = again
		}
		if !s.fine(old, now, wanted[t.Name]) {
			mu.Lock()
			bad[t.Name] = true
			mu.Unlock()
		}
	})
	return bad
}

// fine reports whether a target is as the wishes want it, and else as before.
func (s *search) fine(old, now *state, wishes []wish) bool {
	switch {
	case old.err != nil: // it did not render before, and nothing is known of it
		return len(wishes) == 0
	case now.err != nil:
		return false
	case old.hash == now.hash:
		return len(wishes) == 0
	}
	s.look(s.ctx, now)
	if now.err != nil {
		return false
	}
	var effects []effect
	for _, w := range wishes {
		effects = append(effects, w.effects...)
		if now.found[w.finding.Fingerprint] {
			return false
		}
	}
	if unexpected(old.flat, now.flat, effects) {
		return false
	}
	for fp := range now.found {
		if !old.found[fp] {
			return false
		}
	}
	return true
}

// each runs do for every target that is rendered, some at once.
func (s *search) each(do func(result.Target)) {
	jobs := s.Run.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	slots := make(chan struct{}, jobs)
	var wg sync.WaitGroup
	for _, t := range s.Run.Targets {
		if t.Kind == result.KindFiles || t.Status == result.Skipped {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			do(t)
		})
	}
	wg.Wait()
}
