package report

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// htmlCoverage is which template lines no target rendered, the least covered
// templates first.
type htmlCoverage struct {
	Percent, Lines int
	Files          []htmlCovered
	More           int // templates left out
}

type htmlCovered struct {
	Path    string
	Percent int
	Missing string
}

const (
	coverageFiles  = 100
	coverageRanges = 12 // of lines, for one template
)

func coverageOf(c *result.Coverage) *htmlCoverage {
	if c == nil {
		return nil
	}
	out := &htmlCoverage{Percent: result.Percent(c.Rendered, c.Lines), Lines: c.Lines}
	for i, f := range c.Worst() {
		if i == coverageFiles {
			out.More = len(c.Worst()) - i
			break
		}
		var missing []string
		for _, m := range f.Missing {
			missing = append(missing, m.String())
		}
		out.Files = append(out.Files, htmlCovered{f.Path, result.Percent(f.Rendered, f.Lines), among(missing, coverageRanges)})
	}
	return out
}
