package triage

import (
	"cmp"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Label puts a label before every path and target of a report, so that those
// of several repositories are told apart when they are merged. Fingerprints
// stay.
func Label(label string, r *result.Report) {
	names := map[string]string{}
	for i := range r.Targets {
		t := &r.Targets[i]
		names[t.Name] = path.Join(label, t.Name)
		t.Name = names[t.Name]
		t.Path = path.Join(label, t.Path)
		for j := range t.Files {
			t.Files[j] = path.Join(label, t.Files[j])
		}
		if t.From != "" {
			t.From = path.Join(label, t.From)
		}
	}
	for i := range r.Findings {
		for j, t := range r.Findings[i].Targets {
			r.Findings[i].Targets[j] = cmp.Or(names[t], t)
		}
	}
	for i := range r.AttackPaths {
		for j, t := range r.AttackPaths[i].Targets {
			r.AttackPaths[i].Targets[j] = cmp.Or(names[t], t)
		}
	}
	for i := range r.Stages {
		r.Stages[i].Target = cmp.Or(names[r.Stages[i].Target], r.Stages[i].Target)
	}
	for i := range r.Waivers {
		r.Waivers[i].Seen = cmp.Or(names[r.Waivers[i].Seen], r.Waivers[i].Seen)
	}
	spans(reflect.ValueOf(r).Elem(), func(s *source.Span) {
		if s.Path != "" {
			s.Path = path.Join(label, s.Path)
		}
	})
}

// spans calls fn for every span that is reachable from v.
func spans(v reflect.Value, fn func(*source.Span)) {
	if v.CanAddr() {
		if s, ok := v.Addr().Interface().(*source.Span); ok {
			fn(s)
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			spans(v.Elem(), fn)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			spans(v.Field(i), fn)
		}
	case reflect.Slice:
		for i := range v.Len() {
			spans(v.Index(i), fn)
		}
	}
}

// Merge makes one report of several: shards of one repository, or labelled
// ones of several. The strictest gate holds. What two shards saw alike is one
// finding, and counts unless both say that it does not.
func Merge(all []*result.Report) *result.Report {
	if len(all) == 1 {
		return all[0]
	}
	out := &result.Report{Schema: result.SchemaVersion}
	rules := map[string]result.Rule{}
	targets := map[string]bool{}
	type same struct {
		fingerprint string
		at          source.Span
	}
	for i, r := range all {
		if i == 0 {
			out.Tool, out.Gate = r.Tool, r.Gate
		}
		out.Gate = out.Gate.Strictest(r.Gate)
		for _, m := range r.Rules {
			rules[m.ID] = m
		}
		for _, t := range r.Targets {
			// The repository's own files are a target of every shard.
			if t.Kind == result.KindFiles && targets[t.Name] {
				continue
			}
			targets[t.Name] = true
			out.Targets = append(out.Targets, t)
		}
		out.Stages = append(out.Stages, r.Stages...)
		out.Findings = append(out.Findings, r.Findings...)
		out.Waivers = append(out.Waivers, r.Waivers...)
		out.AttackPaths = append(out.AttackPaths, r.AttackPaths...)
		out.MorePaths += r.MorePaths
		for _, n := range r.Notices {
			if !slices.Contains(out.Notices, n) {
				out.Notices = append(out.Notices, n)
			}
		}
	}
	for _, m := range rules {
		out.Rules = append(out.Rules, m)
	}
	slices.SortFunc(out.Rules, func(a, b result.Rule) int { return strings.Compare(a.ID, b.ID) })
	slices.SortStableFunc(out.Targets, func(a, b result.Target) int { return strings.Compare(a.Name, b.Name) })
	slices.SortStableFunc(out.Stages, func(a, b result.Stage) int {
		return cmp.Or(strings.Compare(a.Target, b.Target), strings.Compare(a.Name, b.Name), strings.Compare(a.Reason, b.Reason))
	})
	out.Stages = slices.Compact(out.Stages)
	slices.SortStableFunc(out.Findings, compare)
	out.Findings = fold(out.Findings, func(f *result.Finding) same { return same{f.Fingerprint, f.Loc.Primary} }, func(a, b *result.Finding) bool {
		if b.Baseline == result.BaselineNew || b.Baseline == result.BaselineUnchanged && a.Baseline == result.BaselineAbsent {
			a.Baseline = b.Baseline
		}
		return join(a, b)
	})
	apart(out.Findings)
	out.Waivers = gather(out.Waivers)
	for i := range out.Waivers {
		if w := &out.Waivers[i]; w.Used > 0 && (w.State == result.WaiverUnused || w.State == result.WaiverUnknown) {
			w.State = result.WaiverActive
		}
	}
	rankPaths(out)
	order(nil, out)
	return out
}
