package scan

import (
	"maps"
	"slices"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// coverage gathers which template lines the targets rendered. Safe for
// concurrent use.
type coverage struct {
	mu    sync.Mutex
	files map[string]map[int]bool // path → line → a target rendered it
}

func (c *coverage) add(files []render.FileCoverage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range files {
		lines := c.files[f.Path]
		if lines == nil {
			lines = map[int]bool{}
			if c.files == nil {
				c.files = map[string]map[int]bool{}
			}
			c.files[f.Path] = lines
		}
		for _, n := range f.Lines {
			lines[n] = lines[n] // known, if not rendered
		}
		for _, n := range f.Rendered {
			lines[n] = true
		}
	}
}

// result is nil if no target has templates.
func (c *coverage) result() *result.Coverage {
	if len(c.files) == 0 {
		return nil
	}
	var out []result.FileCoverage
	for path, lines := range c.files {
		out = append(out, result.NewFileCoverage(path, slices.Sorted(maps.Keys(lines)), func(n int) bool { return lines[n] }))
	}
	return result.NewCoverage(out)
}
