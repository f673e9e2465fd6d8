package triage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Suppression accepts findings for a reason, until a date. The selectors are
// globs; an empty one matches everything, and all must match. One that is
// malformed or expired suppresses nothing and is a finding of its own: the
// scan must not become quieter by a typing error.
type Suppression struct {
	Rule      string      `yaml:"rule" need:"required" doc:"Rule id, family, or glob of ids."`
	Path      string      `yaml:"path" doc:"Glob of the file that the finding is in."`
	Kind      string      `yaml:"kind" doc:"Glob of the object's kind."`
	Namespace string      `yaml:"namespace" doc:"Glob of the object's namespace."`
	Name      string      `yaml:"name" doc:"Glob of the object's name."`
	Container string      `yaml:"container" doc:"Glob of the container's name."`
	Target    string      `yaml:"target" doc:"Glob of target names; a finding seen in several targets is suppressed if all match."`
	Reason    string      `yaml:"reason" doc:"Why the finding is acceptable. Without a reason nothing is suppressed."`
	Owner     string      `yaml:"owner" doc:"Who answers for it."`
	Expires   string      `yaml:"expires" doc:"Last day on which it holds, as YYYY-MM-DD."`
	At        source.Span `yaml:"-"`
}

// The rules on suppressions themselves.
var suppressionRules = [...]result.Rule{
	{
		ID: "suppression-expired", Family: "suppression", Severity: result.Low, Since: "0.1",
		Title: "Suppression has expired",
		Why:   "The date up to which the finding was accepted has passed, so the finding counts again.",
		Fix:   "fix the finding and delete the suppression, or decide anew and set a later date",
	},
	{
		ID: "suppression-malformed", Family: "suppression", Severity: result.Medium, Since: "0.1",
		Title: "Suppression is malformed and suppresses nothing",
		Why:   "A suppression without a reason, or with a date or a glob that cannot be read, is not applied: nobody could tell later why, or for how long, a finding was accepted.",
		Fix:   "give a reason, write dates as YYYY-MM-DD and check the globs",
	},
	{
		ID: "suppression-unused", Family: "suppression", Severity: result.Info, Since: "0.1",
		Title: "Suppression matches no finding",
		Why:   "Either the fault was fixed or the suppression has a typing error. Left in place it would silently accept the next fault that it happens to match.",
		Fix:   "delete the suppression, or correct what it selects",
	},
}

// Rules describes what triage itself reports.
func Rules() []result.Rule { return suppressionRules[:] }

// suppress marks the findings that the user accepted, and reports the
// suppressions that do not hold.
func suppress(o *Options, r *result.Report) {
	var notes []result.Finding
	note := func(s *Suppression, rule int, format string, args ...any) {
		m := &suppressionRules[rule]
		notes = append(notes, result.Finding{
			Rule: m.ID, Severity: m.Severity, Fix: m.Fix,
			Message: fmt.Sprintf("suppression of %q ", s.Rule) + fmt.Sprintf(format, args...),
			Loc:     result.Location{Primary: s.At, Exact: true},
			// Two equal suppressions are one problem each; no line tells them
			// apart, so that edits above do not revive the note.
			Fingerprint: result.Fingerprint(m.ID, result.Key{}, "suppressions", strings.Join(s.selectors(), "\x00")),
		})
	}
	for i := range o.Suppressions {
		s := &o.Suppressions[i]
		if fault := s.fault(); fault != "" {
			note(s, 1, "suppresses nothing: %s", fault)
			continue
		}
		if s.Expires != "" && o.Today > s.Expires {
			note(s, 0, "expired on %s: its findings count again", s.Expires)
			continue
		}
		mark := &result.Suppression{Kind: "config", Reason: s.Reason, Owner: s.Owner, Expires: s.Expires, From: s.At}
		used := false
		for j := range r.Findings {
			f := &r.Findings[j]
			if s.matches(f, r.Rule(f.Rule)) {
				used = true
				if f.Suppressed == nil {
					f.Suppressed = mark
				}
			}
		}
		// What was not looked at cannot prove that a suppression is unused.
		if !used && !o.Partial && len(r.Incomplete()) == 0 {
			note(s, 2, "matches no finding")
		}
	}
	r.Findings = append(r.Findings, notes...)
}

func (s *Suppression) selectors() []string {
	return []string{s.Rule, s.Path, s.Kind, s.Namespace, s.Name, s.Container, s.Target}
}

// fault says why the suppression cannot be applied, "" if it can.
func (s *Suppression) fault() string {
	if strings.TrimSpace(s.Rule) == "" {
		return "it names no rule"
	}
	if strings.TrimSpace(s.Reason) == "" {
		return "it gives no reason"
	}
	if s.Expires != "" {
		if _, err := time.Parse(time.DateOnly, s.Expires); err != nil {
			return fmt.Sprintf("%q is not a date (want YYYY-MM-DD)", s.Expires)
		}
	}
	for _, g := range s.selectors() {
		if !doublestar.ValidatePattern(g) {
			return fmt.Sprintf("%q is not a glob", g)
		}
	}
	return ""
}

// matches reports whether the suppression selects f, a finding of the rule
// that meta describes (nil if the report does not).
func (s *Suppression) matches(f *result.Finding, meta *result.Rule) bool {
	rule := glob(s.Rule, f.Rule)
	if meta != nil {
		rule = rule || s.Rule == meta.Family || slices.Contains(meta.Aliases, s.Rule)
	}
	// A finding lies where a person edits it, and as well where the text was
	// printed: both are right to name.
	inPath := func() bool {
		return glob(s.Path, f.Loc.Primary.Path) ||
			slices.ContainsFunc(f.Loc.Chain, func(o result.Origin) bool { return glob(s.Path, o.Path) })
	}
	return rule && inPath() &&
		glob(s.Kind, f.Object.Kind) && glob(s.Namespace, f.Object.Namespace) && glob(s.Name, f.Object.Name) &&
		glob(s.Container, f.Container) &&
		!slices.ContainsFunc(f.Targets, func(t string) bool { return !glob(s.Target, t) })
}

func glob(pattern, s string) bool {
	return pattern == "" || doublestar.MatchUnvalidated(pattern, s)
}
