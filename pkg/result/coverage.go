package result

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Coverage says which template lines the run's targets rendered. Lines that
// cannot print, such as comments and definitions of variables, do not count;
// nor do the templates of charts in packages, which nobody edits.
type Coverage struct {
	Lines    int `json:"lines"`    // that could print something
	Rendered int `json:"rendered"` // that did, in at least one target
	// Files are sorted by path.
	Files []FileCoverage `json:"files"`
}

// FileCoverage is the Coverage of one template.
type FileCoverage struct {
	Path     string `json:"path"`
	Lines    int    `json:"lines"`
	Rendered int    `json:"rendered"`
	// Missing are the lines that no target rendered, in order. A range goes
	// over lines that cannot print.
	Missing []LineRange `json:"missing,omitempty"`
}

// LineRange is the lines From to To of a file, 1-based, both included.
type LineRange struct {
	From int `json:"from"`
	To   int `json:"to"`
}

func (r LineRange) String() string {
	if r.From == r.To {
		return fmt.Sprint(r.From)
	}
	return fmt.Sprintf("%d-%d", r.From, r.To)
}

// NewCoverage sums up files, of which each path may come several times: a line
// is rendered if one of them rendered it. The result is nil if there are none.
func NewCoverage(files []FileLines) *Coverage {
	if len(files) == 0 {
		return nil
	}
	all := map[string]map[int]bool{} // path → line → rendered
	for _, f := range files {
		lines := all[f.Path]
		if lines == nil {
			lines = map[int]bool{}
			all[f.Path] = lines
		}
		for _, n := range f.Lines {
			lines[n] = lines[n]
		}
		for _, n := range f.Rendered {
			lines[n] = true
		}
	}
	c := &Coverage{}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		f := newFileCoverage(path, all[path])
		c.Files = append(c.Files, f)
		c.Lines += f.Lines
		c.Rendered += f.Rendered
	}
	return c
}

func newFileCoverage(path string, lines map[int]bool) FileCoverage {
	f := FileCoverage{Path: path, Lines: len(lines)}
	open := false
	for _, n := range slices.Sorted(maps.Keys(lines)) {
		switch {
		case lines[n]:
			f.Rendered++
			open = false
		case open:
			f.Missing[len(f.Missing)-1].To = n
		default:
			f.Missing = append(f.Missing, LineRange{n, n})
			open = true
		}
	}
	return f
}

// Worst lists the files with lines that no target rendered: those with the
// smallest rendered share first, and among equals those with most such lines.
func (c *Coverage) Worst() []FileCoverage {
	out := slices.DeleteFunc(slices.Clone(c.Files), func(f FileCoverage) bool { return f.Rendered == f.Lines })
	slices.SortFunc(out, func(a, b FileCoverage) int {
		return cmp.Or(cmp.Compare(a.Rendered*b.Lines, b.Rendered*a.Lines), cmp.Compare(b.Lines, a.Lines), strings.Compare(a.Path, b.Path))
	})
	return out
}

// Percent is the rendered share, rounded down: 100 is all.
func Percent(rendered, lines int) int {
	if lines == 0 {
		return 100
	}
	return rendered * 100 / lines
}
