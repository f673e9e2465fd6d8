package triage

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// problem identifies a finding across targets: the same rule, at the same
// source place, about the same field of an object of the same kind. Names of
// objects differ between environments (prefixes, releases), so they do not
// count.
type problem struct {
	rule, kind, container, field string
	at                           source.Span
}

// dedupe merges the findings that are one problem seen in several targets.
// The merged finding is the first by target name and lists all targets.
func dedupe(_ *Options, r *result.Report) {
	slices.SortStableFunc(r.Findings, compare)
	seen := map[problem]int{}
	out := r.Findings[:0]
	for _, f := range r.Findings {
		k := problem{rule: f.Rule, kind: f.Object.Kind, container: f.Container, field: f.Field, at: f.Loc.Primary}
		if len(f.Targets) == 1 {
			// Two objects of one target are two problems, though one template
			// line prints both.
			if i, ok := seen[k]; ok && !slices.Contains(out[i].Targets, f.Targets[0]) {
				out[i].Targets = append(out[i].Targets, f.Targets[0])
				continue
			}
		}
		seen[k] = len(out)
		out = append(out, f)
	}
	r.Findings = out
}
