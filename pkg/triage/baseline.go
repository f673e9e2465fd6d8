package triage

import (
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Baseline is what was known before: by an earlier report, by a baseline file,
// or by both.
type Baseline struct {
	Known map[string]result.Finding // by fingerprint
	// Complete says that a known finding that is not seen is fixed.
	Complete bool
}

// Know adds what a report found. What it suppressed is not known: should the
// suppression go, the finding is new.
func (b *Baseline) Know(fs []result.Finding) {
	if b.Known == nil {
		b.Known = map[string]result.Finding{}
	}
	for _, f := range fs {
		if f.Suppressed == nil && f.Baseline != result.BaselineAbsent {
			b.Known[f.Fingerprint] = f
		}
	}
}

func compareBaseline(o *Options, r *result.Report) {
	if o.Baseline != nil {
		Compare(o.Baseline, r)
	}
}

// Compare marks what is new and what was known, and adds what is gone.
func Compare(b *Baseline, r *result.Report) {
	r.Findings = slices.DeleteFunc(r.Findings, func(f result.Finding) bool { return f.Baseline == result.BaselineAbsent })
	seen := map[string]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		seen[f.Fingerprint] = true
		f.Baseline = result.BaselineNew
		if _, ok := b.Known[f.Fingerprint]; ok {
			f.Baseline = result.BaselineUnchanged
		}
	}
	if !b.Complete || len(r.Incomplete()) > 0 {
		return
	}
	var gone []result.Finding
	for id, f := range b.Known {
		if !seen[id] {
			f.Baseline, f.Excerpt = result.BaselineAbsent, nil
			gone = append(gone, f)
		}
	}
	slices.SortFunc(gone, compare)
	r.Findings = append(r.Findings, gone...)
}
