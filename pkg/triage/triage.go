// Package triage decides what each finding is worth: it merges what is one
// problem, and marks what is suppressed or known. It marks, it never deletes:
// reports and the gate read the same marks.
package triage

import (
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Options is what the user decided beforehand.
type Options struct {
	result.Terms
	// Trusted, if not nil, are the suppressions of a trusted revision: of the
	// collected ones only those that are there, too, are applied.
	Trusted []result.Waiver
	// Baseline, if not nil, is what was known before.
	Baseline *Baseline
}

// step is one pass over the findings.
type step struct {
	name string
	run  func(*Options, *result.Report)
}

// steps run in this order.
var steps = []step{
	{"steps", bindSteps},          // first: paths name findings as the analyzers made them
	{"suppress", suppress},        // then: each target's own chain of places decides, which merging loses
	{"leaks", leaks},              // before dedupe, which tells objects apart: a leak is its source text
	{"dedupe", dedupe},            // before fold: all targets of a problem are known
	{"fold", foldRules},           // after dedupe: one finding a rule and problem
	{"severity", override},        // after suppress, which adds findings of its own
	{"baseline", compareBaseline}, // after all that changes fingerprints or adds findings
	{"paths", judgePaths},         // after suppress, which breaks paths, and severity, where the user has the last word
	{"sort", order},               // last: severity decides the order
}

// Judge marks what is accepted and sets severities, and merges nothing.
func Judge(o *Options, r *result.Report) {
	suppress(o, r)
	override(o, r)
}

// Run triages the report in place.
func Run(o *Options, r *result.Report) {
	for _, s := range steps {
		s.run(o, r)
	}
}
