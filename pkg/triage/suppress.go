package triage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// The rules on suppressions themselves.
const (
	expired = iota
	expiring
	malformed
	unused
)

var suppressionRules = [...]result.Rule{
	expired: {
		ID: "suppression-expired", Family: "suppression", Severity: result.Low, Since: "0.1",
		Title: "Suppression has expired",
		Why:   "The date up to which the finding was accepted has passed, so the finding counts again.",
		Fix:   "fix the finding and delete the suppression, or decide anew and set a later date",
	},
	expiring: {
		ID: "suppression-expiring", Family: "suppression", Severity: result.Info, Since: "0.1",
		Title: "Suppression expires soon",
		Why:   "From the day after the date on, the finding counts again and may fail the gate.",
		Fix:   "fix the finding, or decide anew and set a later date",
	},
	malformed: {
		ID: "suppression-malformed", Family: "suppression", Severity: result.Medium, Since: "0.1",
		Title: "Suppression is malformed and suppresses nothing",
		Why:   "A suppression without a reason, or with a date or a glob that cannot be read, is not applied: nobody could tell later why, or for how long, a finding was accepted.",
		Fix:   "give a reason, write dates as YYYY-MM-DD and check the globs",
	},
	unused: {
		ID: "suppression-unused", Family: "suppression", Severity: result.Info, Since: "0.1",
		Title: "Suppression matches no finding",
		Why:   "Either the fault was fixed or the suppression has a typing error. Left in place it would silently accept the next fault that it happens to match.",
		Fix:   "delete the suppression, or correct what it selects",
	},
}

// Rules describes what triage itself reports.
func Rules() []result.Rule { return suppressionRules[:] }

// suppress marks what is accepted, on the findings as the analyzers made them:
// each of them knows one target's chain of places, which merging would lose.
func suppress(o *Options, r *result.Report) {
	ws := make([]result.Waiver, 0, len(o.Suppressions)+len(r.Waivers))
	for _, w := range o.Suppressions {
		w.Form = result.FormConfig
		ws = append(ws, w)
	}
	ws = append(ws, r.Waivers...)
	trusted := trust(o, ws)
	x := newIndex(r)
	for i := range ws {
		w := &ws[i]
		if w.Fault = cmp.Or(w.Fault, fault(w)); w.Fault != "" {
			w.State = result.WaiverMalformed
			continue
		}
		if w.Expires != "" && o.Today > w.Expires {
			w.State = result.WaiverExpired
			continue
		}
		if !trusted[i] {
			w.State = result.WaiverUntrusted
			continue
		}
		mark := &result.Suppression{Kind: w.Form, Tool: w.Tool, Reason: w.Reason, Owner: w.Owner, Expires: w.Expires, From: w.At}
		for f := range x.candidates(w) {
			if accepts(w, f, r.Rule(f.Rule)) {
				w.Used++
				if f.Suppressed == nil {
					f.Suppressed = mark
				}
			}
		}
	}
	applyVEX(r)
	if o.IgnoreUnfixed {
		ignoreUnfixed(r)
	}
	// What was not looked at cannot prove that a suppression is unused.
	partial := o.Partial || len(r.Incomplete()) > 0
	scanned := imagesScanned(r)
	r.Waivers = gather(ws)
	for i := range r.Waivers {
		w := &r.Waivers[i]
		switch {
		case w.State != "":
		case w.Used == 0 && (partial || !scanned && aboutImages(w)):
			w.State = result.WaiverUnknown
		case w.Used == 0:
			w.State = result.WaiverUnused
		case w.Expires != "" && daysLeft(o.Today, w.Expires) < o.Warn:
			w.State = result.WaiverExpiring
		default:
			w.State = result.WaiverActive
		}
	}
	r.Findings = append(r.Findings, remarks(r.Waivers)...)
}

// applyVEX accepts what statements clear.
func applyVEX(r *result.Report) {
	for i := range r.Findings {
		f := &r.Findings[i]
		if v := f.Vulnerability; v != nil && v.NotAffected && f.Suppressed == nil {
			said := v.VEX[0]
			f.Suppressed = &result.Suppression{Kind: result.FormVEX, Reason: said.String(), Owner: said.Author}
		}
	}
}

// ignoreUnfixed accepts what nobody can mend by an update yet. What is known to
// be exploited needs another answer than to wait.
func ignoreUnfixed(r *result.Report) {
	mark := &result.Suppression{Kind: result.FormPolicy, Reason: "no version mends it yet, and the configuration ignores such (ignoreUnfixed)"}
	for i := range r.Findings {
		f := &r.Findings[i]
		if v := f.Vulnerability; v != nil && f.Suppressed == nil && !v.Fixable() && !v.Exploited() {
			f.Suppressed = mark
		}
	}
}

// imagesScanned reports whether any image was looked into.
func imagesScanned(r *result.Report) bool {
	return slices.ContainsFunc(r.Targets, func(t result.Target) bool {
		return slices.ContainsFunc(t.Images, func(i result.Image) bool { return i.Scanned })
	})
}

// aboutImages reports whether the waiver is about what only reading images
// shows.
func aboutImages(w *result.Waiver) bool {
	return w.Image != "" || w.Package != "" || w.Rule == "vulnerability" || strings.HasPrefix(w.Rule, "CVE-") || strings.HasPrefix(w.Rule, "GHSA-")
}

// gather makes one of the waivers that are one text seen in several targets.
func gather(ws []result.Waiver) []result.Waiver {
	type text struct {
		id string
		at source.Span
	}
	at := map[text]int{}
	out := make([]result.Waiver, 0, len(ws))
	for _, w := range ws {
		k := text{w.Identity(), w.At}
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			out = append(out, w)
			continue
		}
		out[i].Used += w.Used
	}
	slices.SortStableFunc(out, func(a, b result.Waiver) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Identity(), b.Identity()))
	})
	return out
}

// remarks are the findings about suppressions that do not hold. Those of other
// tools are those tools' to complain about, but for a date that cannot be
// read or has passed.
func remarks(ws []result.Waiver) []result.Finding {
	var out []result.Finding
	nth := map[string]int{}
	add := func(w *result.Waiver, rule int, format string, args ...any) {
		m := &suppressionRules[rule]
		what := "suppression"
		if w.Rule != "" {
			what = fmt.Sprintf("suppression of %q", w.Rule)
		}
		// Two equal suppressions are one problem each; no line tells them
		// apart, so that edits above do not revive the note.
		id := w.Identity()
		evidence := fmt.Sprint(id, nth[m.ID+id])
		nth[m.ID+id]++
		out = append(out, result.Finding{
			Rule: m.ID, Severity: m.Severity, Fix: m.Fix,
			Message: what + " " + fmt.Sprintf(format, args...),
			Object:  w.Object, Container: containerName(w),
			Loc:         result.Location{Primary: w.At, Exact: true},
			Fingerprint: result.Fingerprint(m.ID, w.Object, "suppressions", evidence),
		})
	}
	for i := range ws {
		switch w := &ws[i]; w.State {
		case result.WaiverMalformed:
			add(w, malformed, "suppresses nothing: %s", w.Fault)
		case result.WaiverExpired:
			add(w, expired, "expired on %s: its findings count again", w.Expires)
		case result.WaiverExpiring:
			add(w, expiring, "expires on %s: its findings count again from the day after", w.Expires)
		case result.WaiverUnused:
			if w.Tool == "" {
				add(w, unused, "matches no finding")
			}
		}
	}
	return out
}

func containerName(w *result.Waiver) string {
	if w.Form == result.FormAnnotation {
		return w.Container
	}
	return ""
}

// trust decides which waivers stand in the trusted revision, too. Of equal
// ones no more hold than it has: a copy would wave something new through.
func trust(o *Options, ws []result.Waiver) []bool {
	out := make([]bool, len(ws))
	left := map[string]int{}
	seen := map[string]map[source.Span]bool{}
	for _, w := range o.Trusted {
		if id := trustID(&w); seen[id] == nil || !seen[id][w.At] {
			if seen[id] == nil {
				seen[id] = map[source.Span]bool{}
			}
			seen[id][w.At] = true
			left[id]++
		}
	}
	held := map[string]map[source.Span]bool{}
	for i := range ws {
		id := trustID(&ws[i])
		switch {
		case o.Trusted == nil || ws[i].Form == result.FormConfig: // the caller chose the configuration
			out[i] = true
		case ws[i].State == result.WaiverUntrusted: // a shard knew the comment's text
		case held[id][ws[i].At]: // the same text, seen in another target
			out[i] = true
		case left[id] > 0:
			left[id]--
			if held[id] == nil {
				held[id] = map[source.Span]bool{}
			}
			held[id][ws[i].At] = true
			out[i] = true
		}
	}
	return out
}

func trustID(w *result.Waiver) string { return w.Identity() + "\x00" + w.Text }

func daysLeft(today, day string) int {
	a, err1 := time.Parse(time.DateOnly, today)
	b, err2 := time.Parse(time.DateOnly, day)
	if err1 != nil || err2 != nil {
		return 1 << 30
	}
	return int(b.Sub(a).Hours() / 24)
}

// fault says why the waiver cannot be applied, "" if it can.
func fault(w *result.Waiver) string {
	if strings.TrimSpace(w.Rule) == "" {
		return "it names no rule"
	}
	if strings.TrimSpace(w.Reason) == "" {
		if w.Form == result.FormConfig {
			return "it gives no reason"
		}
		return `it gives no reason: end it with "-- REASON"`
	}
	if w.Expires != "" {
		if _, err := time.Parse(time.DateOnly, w.Expires); err != nil {
			return fmt.Sprintf("%q is not a date (want YYYY-MM-DD)", w.Expires)
		}
	}
	for _, g := range w.Selectors() {
		if !doublestar.ValidatePattern(g) {
			return fmt.Sprintf("%q is not a glob", g)
		}
	}
	return ""
}
