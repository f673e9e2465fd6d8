package report

import (
	"fmt"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// htmlTrend draws the findings of the last runs, a column each, and says what
// changed since the one before.
type htmlTrend struct {
	Text                      string
	Width, Height, Base, Foot int
	Runs                      []htmlRun
}

type htmlRun struct {
	Name          string
	N             int
	Middle, Label int // of the column, and of the number above it
	Parts         []htmlColumn
}

type htmlColumn struct {
	X, Y, Width, Height int
	Severity            result.Severity
	Fill                string
}

const (
	trendRuns   = 20 // the last ones
	trendColumn = 40
	trendGap    = 16
	trendHeight = 140 // of the highest column
	trendTop    = 20  // for the number above it
	trendFoot   = 24
)

// trendOf draws runs, oldest first; one alone has no trend.
func trendOf(runs []*result.Report) *htmlTrend {
	if len(runs) < 2 {
		return nil
	}
	last, before := runs[len(runs)-1], runs[len(runs)-2]
	appeared, gone := changes(before, last)
	t := &htmlTrend{
		Text: fmt.Sprintf("Since the run before: %s, %s gone.", plural(appeared, "new finding"), thousands(gone)),
		Base: trendTop + trendHeight, Height: trendTop + trendHeight + trendFoot, Foot: trendTop + trendHeight + trendFoot - 6,
	}
	runs = runs[max(len(runs)-trendRuns, 0):]
	highest := 1
	for _, r := range runs {
		highest = max(highest, summarize(r).Total)
	}
	for i, r := range runs {
		s := summarize(r)
		x := trendGap + i*(trendColumn+trendGap)
		run := htmlRun{Name: fmt.Sprint(i - len(runs) + 1), N: s.Total, Middle: x + trendColumn/2}
		if i == len(runs)-1 {
			run.Name = "now"
		}
		y, sum := t.Base, 0
		for _, sev := range result.Severities() {
			if s.Count[sev] == 0 {
				continue
			}
			// From sums to heights, so that rounding does not add up.
			sum += s.Count[sev]
			top := min(t.Base-sum*trendHeight/highest, y-1)
			run.Parts = append(run.Parts, htmlColumn{x, top, trendColumn, y - top, sev, htmlFill(sev)})
			y = top
		}
		run.Label = max(y-6, 12)
		t.Runs = append(t.Runs, run)
	}
	t.Width = trendGap + len(runs)*(trendColumn+trendGap)
	return t
}

// changes counts the findings that only the later report has, and those that
// only the earlier one had.
func changes(before, after *result.Report) (appeared, gone int) {
	had, has := prints(before), prints(after)
	for p := range has {
		if !had[p] {
			appeared++
		}
	}
	for p := range had {
		if !has[p] {
			gone++
		}
	}
	return appeared, gone
}

// prints are the fingerprints of the findings that are there and not
// suppressed.
func prints(r *result.Report) map[string]bool {
	out := map[string]bool{}
	for _, f := range active(r) {
		out[f.Fingerprint] = true
	}
	return out
}
