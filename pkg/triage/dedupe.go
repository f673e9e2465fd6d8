package triage

import (
	"fmt"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// dedupe merges findings that are one problem. Two objects or two containers
// of one target are two problems, though one template line prints both; the
// same one seen in several targets is one, which lists them. Findings merge
//
//  1. that have the same fingerprint and place: two environments of one chart;
//  2. that have the same place, field and kind in different targets: overlays
//     that only rename the object;
//  3. that have the same fingerprint in targets of one folder: environments
//     that set the same fault in different values files, or that are about
//     a whole namespace, of which a cluster has one; each place is kept as a
//     related one.
//
// What still shares a fingerprint stands in unrelated places and gets one of
// its own, so that no platform drops it.
func dedupe(_ *Options, r *result.Report) {
	slices.SortStableFunc(r.Findings, compare)
	type same struct {
		fingerprint string
		at          source.Span
	}
	fs := fold(r.Findings, func(f *result.Finding) same { return same{f.Fingerprint, f.Loc.Primary} }, join)

	type renamed struct {
		rule, kind, container, field string
		at                           source.Span
	}
	fs = fold(fs, func(f *result.Finding) renamed {
		return renamed{f.Rule, f.Object.Kind, f.Container, f.Field, f.Loc.Primary}
	}, func(a, b *result.Finding) bool { return disjoint(a.Targets, b.Targets) && join(a, b) })

	folder := map[string]string{}
	for _, t := range r.Targets {
		folder[t.Name] = t.Path
	}
	fs = fold(fs, func(f *result.Finding) string { return f.Fingerprint }, func(a, b *result.Finding) bool {
		if len(a.Targets) == 0 || len(b.Targets) == 0 || !disjoint(a.Targets, b.Targets) ||
			folder[a.Targets[0]] != folder[b.Targets[0]] && a.Object.Kind != "Namespace" {
			return false
		}
		a.Related = append(a.Related, result.Related{Location: b.Loc, Message: "the same in " + b.Targets[0]})
		return join(a, b)
	})

	apart(fs)
	r.Findings = fs
}

// apart gives each finding a fingerprint of its own.
func apart(fs []result.Finding) {
	taken := map[string]bool{}
	for i := range fs {
		f := &fs[i]
		for n := 0; taken[f.Fingerprint]; n++ {
			evidence := f.Loc.Primary.Path
			if n > 0 {
				evidence += fmt.Sprint(n)
			}
			f.Fingerprint = result.Fingerprint(f.Fingerprint, f.Object, f.Field, evidence)
		}
		taken[f.Fingerprint] = true
	}
}

// fold offers each finding to the earlier ones of the same key, in order,
// until one takes it.
func fold[K comparable](fs []result.Finding, key func(*result.Finding) K, take func(a, b *result.Finding) bool) []result.Finding {
	groups := map[K][]int{}
	out := make([]result.Finding, 0, len(fs))
next:
	for _, f := range fs {
		k := key(&f)
		for _, i := range groups[k] {
			if take(&out[i], &f) {
				continue next
			}
		}
		groups[k] = append(groups[k], len(out))
		out = append(out, f)
	}
	return out
}

func join(a, b *result.Finding) bool {
	merge(a, b)
	if b.Suppressed == nil { // accepted in one target is not accepted in all
		a.Suppressed = nil
	}
	a.Severity = max(a.Severity, b.Severity)
	return true
}

func disjoint(a, b []string) bool {
	return !slices.ContainsFunc(a, func(t string) bool { return slices.Contains(b, t) })
}
