package result

import "cmp"

// Gate says which findings fail the run. The zero value fails none.
type Gate struct {
	FailOn string `json:"failOn"` // a severity, or "none"
	// Vulnerabilities is FailOn for known vulnerabilities of images, "" for the
	// same.
	Vulnerabilities string `json:"vulnerabilities,omitempty"`
	// Fixable lets vulnerabilities pass that no version mends yet.
	Fixable bool `json:"fixable,omitempty"`
	// Exploited fails on every vulnerability that is known to be exploited,
	// whatever its severity and whether or not something mends it.
	Exploited bool `json:"exploited,omitempty"`
}

// Fails reports whether the finding fails the run.
func (g Gate) Fails(f *Finding) bool {
	if !f.Counts() {
		return false
	}
	at := g.FailOn
	if v := f.Vulnerability; v != nil {
		if g.Exploited && v.Exploited() {
			return true
		}
		if g.Fixable && !v.Fixable() {
			return false
		}
		at = cmp.Or(g.Vulnerabilities, at)
	}
	s, err := ParseSeverity(at)
	return err == nil && f.Severity >= s
}

// Off reports whether nothing fails the run.
func (g Gate) Off() bool {
	_, err := ParseSeverity(g.FailOn)
	_, verr := ParseSeverity(g.Vulnerabilities)
	return err != nil && verr != nil && !g.Exploited
}

// String is the condition in words: "at or over high".
func (g Gate) String() string {
	s := ""
	if _, err := ParseSeverity(g.FailOn); err == nil {
		s = "at or over " + g.FailOn
	}
	if g.Vulnerabilities == "" && !g.Fixable && !g.Exploited {
		return s
	}
	v := cmp.Or(g.Vulnerabilities, g.FailOn, "none")
	if _, err := ParseSeverity(v); err == nil && g.Fixable {
		v += " with a fix"
	}
	if g.Exploited {
		v += ", or known to be exploited"
	}
	if s != "" {
		s += " "
	}
	return s + "(vulnerabilities: " + v + ")"
}

// Strictest is the gate that fails on all that either does.
func (g Gate) Strictest(h Gate) Gate {
	if g.Vulnerabilities != "" || h.Vulnerabilities != "" {
		g.Vulnerabilities = lower(cmp.Or(g.Vulnerabilities, g.FailOn), cmp.Or(h.Vulnerabilities, h.FailOn))
	}
	g.FailOn = lower(g.FailOn, h.FailOn)
	g.Fixable = g.Fixable && h.Fixable
	g.Exploited = g.Exploited || h.Exploited
	return g
}

// lower is the lower of two severities, "none" if both are none.
func lower(a, b string) string {
	x, xerr := ParseSeverity(a)
	y, yerr := ParseSeverity(b)
	switch {
	case xerr != nil && yerr != nil:
		return "none"
	case xerr != nil || yerr == nil && y < x:
		return b
	}
	return a
}
