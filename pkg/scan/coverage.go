package scan

import (
	"maps"
	"slices"
	"sync"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// coverage gathers which template lines the targets rendered. Safe for
// concurrent use.
type coverage struct {
	mu    sync.Mutex
	files map[string]map[int]bool // path → line → a target rendered it
}

func (c *coverage) add(files []result.FileLines) {
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

// lines lists what was gathered, sorted by path.
func (c *coverage) lines() []result.FileLines {
	var out []result.FileLines
	for _, path := range slices.Sorted(maps.Keys(c.files)) {
		f := result.FileLines{Path: path}
		for _, n := range slices.Sorted(maps.Keys(c.files[path])) {
			f.Lines = append(f.Lines, n)
			if c.files[path][n] {
				f.Rendered = append(f.Rendered, n)
			}
		}
		out = append(out, f)
	}
	return out
}
