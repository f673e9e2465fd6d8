package triage

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Defer leaves the report of a shard to Join. Only what a report does not hold
// is decided here: whether the text that a comment speaks of is the trusted
// revision's.
func Defer(o *Options, r *result.Report) {
	r.Shard.Terms = o.Terms
	if o.Baseline != nil {
		r.Shard.Baseline = &result.Known{Complete: o.Baseline.Complete}
		for _, f := range o.Baseline.Known {
			r.Shard.Baseline.Findings = append(r.Shard.Baseline.Findings, f)
		}
		slices.SortFunc(r.Shard.Baseline.Findings, func(a, b result.Finding) int { return strings.Compare(a.Fingerprint, b.Fingerprint) })
	}
	trusted := trust(o, r.Waivers)
	for i := range r.Waivers {
		if w := &r.Waivers[i]; w.Form == result.FormComment && !trusted[i] {
			w.State = result.WaiverUntrusted
		}
	}
}

// Hold tells o what the revisions know. Their reports are whole.
func Hold(o *Options, x *result.Comparison) {
	if x.Base != nil {
		if o.Baseline == nil {
			o.Baseline = &Baseline{}
		}
		o.Baseline.Know(x.Base.Report.Findings)
		o.Baseline.Complete = len(x.Base.Report.Incomplete()) == 0
	}
	if x.Policy != nil {
		o.Trusted = append([]result.Waiver{}, x.Policy.Report.Waivers...)
	}
}

// Join judges the shards of one run, which need not be all: what one run over
// all targets would report. A shard that is missing is a failed stage. fill gives
// the findings their excerpts. The error says that they are not of one run.
func Join(shards []*result.Report, fill func(*result.Report)) (*result.Report, error) {
	slices.SortStableFunc(shards, func(a, b *result.Report) int { return a.Shard.Index - b.Shard.Index })
	first := shards[0].Shard
	terms := first.Terms
	for _, r := range shards {
		terms.Today = max(terms.Today, r.Shard.Terms.Today) // one ran past midnight
	}
	for i, r := range shards {
		switch s := r.Shard; {
		case i > 0 && s.Index == shards[i-1].Shard.Index:
			return nil, fmt.Errorf("shard %d of %d is given twice", s.Index, s.Of)
		case s.Of != first.Of || s.Plan != first.Plan || s.Commit != first.Commit || !sameTerms(s.Terms, terms) || r.Tool != shards[0].Tool || r.Gate != shards[0].Gate:
			return nil, fmt.Errorf("shard %d of %d and shard %d of %d are not of one run: the commit, the configuration, the flags or the version of kustoms differs", first.Index, first.Of, s.Index, s.Of)
		}
	}
	out := gatherShards(shards, fill)
	o := Options{Terms: terms}
	if b := first.Baseline; b != nil {
		o.Baseline = &Baseline{Complete: b.Complete, Known: map[string]result.Finding{}}
		for _, f := range b.Findings {
			o.Baseline.Known[f.Fingerprint] = f
		}
	}
	var against *result.Comparison
	if first.Against != nil {
		c := *first.Against
		var err error
		if c.Base, err = joinRevision(shards, func(x *result.Comparison) *result.Revision { return x.Base }); err != nil {
			return nil, err
		}
		if c.Policy, err = joinRevision(shards, func(x *result.Comparison) *result.Revision { return x.Policy }); err != nil {
			return nil, err
		}
		against = &c
		Hold(&o, against)
	}
	Run(&o, out)
	if against != nil {
		Notify(against, out)
	}
	return out, nil
}

func sameTerms(a, b result.Terms) bool {
	a.Today = b.Today
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

func joinRevision(shards []*result.Report, of func(*result.Comparison) *result.Revision) (*result.Revision, error) {
	var name string
	var parts []*result.Report
	for _, r := range shards {
		if r.Shard.Against == nil {
			continue
		}
		if v := of(r.Shard.Against); v != nil && v.Report != nil && v.Report.Shard != nil {
			name = v.Name
			parts = append(parts, v.Report)
		}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	rep, err := Join(parts, func(*result.Report) {}) // what is gone is shown without its source
	if err != nil {
		return nil, fmt.Errorf("of %s: %w", name, err)
	}
	return &result.Revision{Name: name, Report: rep}, nil
}

// gatherShards puts together what the analyzers of the shards made, in the
// order of one run.
func gatherShards(shards []*result.Report, fill func(*result.Report)) *result.Report {
	s := shards[0].Shard
	out := &result.Report{Schema: result.SchemaVersion, Tool: shards[0].Tool, Gate: shards[0].Gate}
	rules := map[string]result.Rule{}
	at := map[string]int{}    // target → its place
	read := map[string]bool{} // files whose comments are had
	var lines []result.FileLines
	var deployed []result.Deployed
	var comments, files []result.Waiver
	for _, r := range shards {
		for _, m := range r.Rules {
			if old, ok := rules[m.ID]; !ok || m.Severity > old.Severity {
				rules[m.ID] = m
			}
		}
		for _, t := range r.Targets {
			if i, ok := at[t.Name]; ok { // the repository's own files, a share in each shard
				whole := &out.Targets[i]
				whole.Files = slices.Sorted(slices.Values(slices.Concat(whole.Files, t.Files)))
				whole.Packages = slices.Sorted(slices.Values(slices.Concat(whole.Packages, t.Packages)))
				continue
			}
			at[t.Name] = len(out.Targets)
			out.Targets = append(out.Targets, t)
		}
		out.Findings = append(out.Findings, r.Findings...)
		out.AttackPaths = append(out.AttackPaths, r.AttackPaths...)
		out.Stages = append(out.Stages, r.Stages...)
		lines = append(lines, r.Shard.Lines...)
		deployed = append(deployed, r.Shard.Deployed...)
		for _, w := range r.Waivers {
			switch {
			case w.Form == result.FormAnnotation:
				out.Waivers = append(out.Waivers, w)
			case read[w.At.Path]:
			case w.Form == result.FormFile:
				files = append(files, w)
			default:
				comments = append(comments, w)
			}
		}
		for _, w := range slices.Concat(comments, files) {
			read[w.At.Path] = true // every shard reads all comments of a file that it reads
		}
	}
	slices.SortStableFunc(comments, func(a, b result.Waiver) int { return strings.Compare(a.At.Path, b.At.Path) })
	out.Waivers = slices.Concat(out.Waivers, comments, files)
	for _, m := range rules {
		out.Rules = append(out.Rules, m)
	}
	slices.SortFunc(out.Rules, func(a, b result.Rule) int { return strings.Compare(a.ID, b.ID) })
	slices.SortStableFunc(out.Targets, func(a, b result.Target) int { return strings.Compare(a.Name, b.Name) })
	if have := len(shards); have < s.Of {
		var missing []string
		for i, n := 1, 0; i <= s.Of; i++ {
			if n < have && shards[n].Shard.Index == i {
				n++
			} else {
				missing = append(missing, fmt.Sprint(i))
			}
		}
		out.Stages = append(out.Stages, result.Stage{
			Name: "shards", Status: result.Failed, Reason: fmt.Sprintf("of %d shards there is no report of %s", s.Of, strings.Join(missing, ", ")),
			Hint: "look at the jobs that should have written them, and give all reports at once",
		})
	} else if len(out.Targets) != s.Targets {
		out.Stages = append(out.Stages, result.Stage{
			Name: "shards", Status: result.Failed, Reason: fmt.Sprintf("the shards looked at %d targets of %d", len(out.Targets), s.Targets),
			Hint: "scan all shards with one version and the same flags",
		})
	}
	order := map[string]result.TargetKind{}
	for _, t := range out.Targets {
		order[t.Name] = t.Kind
	}
	slices.SortStableFunc(out.Stages, func(a, b result.Stage) int {
		return cmp.Or(strings.Compare(a.Target, b.Target), strings.Compare(a.Name, b.Name), strings.Compare(a.Reason, b.Reason))
	})
	// What is of no target, or of the files, every shard says.
	out.Stages = slices.CompactFunc(out.Stages, func(a, b result.Stage) bool {
		return a == b && (a.Target == "" || order[a.Target] == result.KindFiles)
	})
	slices.SortStableFunc(out.AttackPaths, func(a, b result.AttackPath) int { return slices.Compare(a.Targets, b.Targets) })
	fill(out)
	out.Findings = result.NotDeployed(out.Findings, deployed)
	out.Coverage = result.NewCoverage(lines)
	return out
}

// maxNotices bounds how many changes of one kind are named one by one.
const maxNotices = 20

// Notify says, on top of a triaged report, what its findings are compared with
// and what the change itself does to what is accepted.
func Notify(x *result.Comparison, rep *result.Report) {
	from := x.Base
	if from == nil {
		from = x.Policy
	}
	if from == nil {
		return
	}
	if x.Base != nil {
		n := map[result.BaselineState]int{}
		for i := range rep.Findings {
			if f := &rep.Findings[i]; f.Suppressed == nil {
				n[f.Baseline]++
			}
		}
		msg := fmt.Sprintf("compared with %s: %d new, %d fixed, %d known", x.Ref,
			n[result.BaselineNew], n[result.BaselineAbsent], n[result.BaselineUnchanged])
		if gaps := len(x.Base.Report.Incomplete()); gaps > 0 {
			msg += fmt.Sprintf("; %d of its stages failed, so what they would have found counts as new, and nothing as fixed", gaps)
		}
		rep.Notices = append(rep.Notices, result.Notice{Kind: result.NoticeBase, Message: msg})
	}
	changes := slices.Clone(x.Changes)
	say := func(at source.Span, format string, args ...any) {
		changes = append(changes, result.Notice{Kind: result.NoticePolicy, Message: fmt.Sprintf(format, args...), At: at})
	}
	old := map[string]int{}
	for i := range from.Report.Waivers {
		old[from.Report.Waivers[i].Identity()]++
	}
	added := rep.Waivers
	if x.Policy != nil { // its configuration is not the head's
		added = slices.DeleteFunc(slices.Clone(added), func(w result.Waiver) bool { return w.Form == result.FormConfig })
	}
	for i := range added {
		w := &added[i]
		if id := w.Identity(); old[id] > 0 {
			old[id]--
			continue
		}
		not := ""
		if w.State == result.WaiverUntrusted {
			not = x.Applied()
		}
		say(w.At, "this change adds a suppression of %q (%s)%s", w.Rule, cmp.Or(strings.TrimSpace(w.Reason), "no reason"), not)
	}
	if len(changes) > maxNotices {
		more := len(changes) - maxNotices
		changes = append(changes[:maxNotices], result.Notice{Kind: result.NoticePolicy, Message: fmt.Sprintf("and %d more such changes: see kustoms suppressions", more)})
	}
	rep.Notices = append(rep.Notices, changes...)
}
