package discover

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/source"
)

// scope is what the user asked to look at.
type scope struct {
	paths []string
	skip  func(string) bool
	// units are charts and kustomizations that hold or use a path asked for,
	// by directory: a template alone cannot be checked, its chart can.
	units map[string]bool
}

func newScope(repo *source.Repo, opt Options) (*scope, error) {
	s := &scope{skip: opt.Skip, units: map[string]bool{}}
	if s.skip == nil {
		s.skip = func(string) bool { return false }
	}
	for _, p := range opt.Paths {
		p = path.Clean(p)
		if _, err := repo.Stat(p); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				err = fs.ErrNotExist
			}
			return nil, fmt.Errorf("looking for targets in %q: %w", p, err)
		}
		s.paths = append(s.paths, p)
	}
	if len(s.paths) == 0 {
		s.paths = []string{"."}
	}
	return s, nil
}

// holds reports whether p is one of the paths asked for, or below one.
func (s *scope) holds(p string) bool {
	for _, q := range s.paths {
		if within(p, q) {
			return true
		}
	}
	return false
}

// selects reports whether the chart or kustomization in dir is asked for.
func (s *scope) selects(dir string) bool { return s.units[dir] || s.holds(dir) }

// leads reports whether a path asked for is dir or lies below it.
func (s *scope) leads(dir string) bool {
	for _, q := range s.paths {
		if within(q, dir) {
			return true
		}
	}
	return false
}

// within reports whether p is dir or below it.
func within(p, dir string) bool {
	return dir == "." || p == dir || strings.HasPrefix(p, dir+"/")
}

// below is p relative to dir, which holds it.
func below(p, dir string) string {
	if dir == "." {
		return p
	}
	return strings.TrimPrefix(strings.TrimPrefix(p, dir), "/")
}

// widen adds to the scope the charts that hold a path asked for, and the
// kustomizations outside that use a file inside.
func (t *tree) widen(users map[string][]string) {
	for _, p := range t.scope.paths {
		if dir := path.Dir(p); t.kusts[dir].is(p) {
			t.scope.units[dir] = true
		}
		for d := p; d != "."; {
			if d = path.Dir(d); t.charts[d] != nil {
				if t.owns(d, p) {
					t.scope.units[d] = true
				}
				break
			}
		}
		for u, dirs := range users {
			if within(u, p) && t.kusts[u] == nil && t.charts[u] == nil {
				for _, d := range dirs {
					t.scope.units[d] = true
				}
			}
		}
	}
}

// owns reports whether p, inside the directory of a chart, is the chart's own
// and not something that only stands there.
func (t *tree) owns(chart, p string) bool {
	part, _, deeper := strings.Cut(below(p, chart), "/")
	if deeper || t.repo.IsDir(p) {
		if slices.Contains(chartParts, part) {
			return true
		}
		unit := func(dir string) bool { return within(dir, p) || dir != chart && within(p, dir) }
		for dir := range t.charts {
			if unit(dir) {
				return false
			}
		}
		for dir := range t.kusts {
			if unit(dir) {
				return false
			}
		}
		return chart != "."
	}
	return chart != "." || strings.HasPrefix(part, "Chart.") || strings.HasPrefix(part, "values")
}
