package triage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// override applies the user's severities.
func override(o *Options, r *result.Report) {
	for i := range r.Findings {
		f := &r.Findings[i]
		if s, ok := o.Severity[f.Rule]; ok {
			f.Severity = s
		} else if v := f.Vulnerability; v != nil {
			if s, ok := o.Severity["vulnerability"]; ok { // their family
				f.Severity = s
			} else if v.Rating == result.RatedUnknown && o.Unknown != nil {
				f.Severity = *o.Unknown
			}
		}
	}
}

// order sorts worst first, then by place: platforms that cut keep the worst,
// and two runs give the same bytes.
func order(_ *Options, r *result.Report) {
	slices.SortStableFunc(r.Findings, func(a, b result.Finding) int {
		return cmp.Or(int(b.Severity)-int(a.Severity), compare(a, b))
	})
}

func compare(a, b result.Finding) int {
	return cmp.Or(
		a.Loc.Primary.Compare(b.Loc.Primary),
		strings.Compare(a.Rule, b.Rule),
		slices.Compare(a.Targets, b.Targets),
		a.Loc.Rendered.Compare(b.Loc.Rendered),
		strings.Compare(a.Object.String(), b.Object.String()),
		strings.Compare(a.Field, b.Field),
		strings.Compare(a.Message, b.Message),
	)
}
