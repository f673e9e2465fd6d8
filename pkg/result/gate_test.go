package result

import "testing"

func TestGate(t *testing.T) {
	kev := true
	plain := &Finding{Severity: High}
	vuln := func(s Severity, fixed string, exploited *bool) *Finding {
		return &Finding{Severity: s, Vulnerability: &Vulnerability{KEV: exploited, Packages: []AffectedPackage{{Name: "a"}, {Name: "b", Fixed: fixed}}}}
	}
	known := vuln(Low, "", &kev)
	accepted := vuln(Critical, "2", &kev)
	accepted.Suppressed = &Suppression{}
	for _, c := range []struct {
		gate  Gate
		f     *Finding
		fails bool
		words string
	}{
		{Gate{}, plain, false, ""},
		{Gate{FailOn: "high"}, plain, true, "at or over high"},
		{Gate{FailOn: "high"}, vuln(High, "", nil), true, "at or over high"},
		{Gate{FailOn: "high", Fixable: true}, vuln(High, "", nil), false, "at or over high (vulnerabilities: high with a fix)"},
		{Gate{FailOn: "high", Fixable: true}, vuln(High, "2", nil), true, "at or over high (vulnerabilities: high with a fix)"},
		{Gate{FailOn: "high", Fixable: true}, plain, true, "at or over high (vulnerabilities: high with a fix)"},
		{Gate{FailOn: "high", Vulnerabilities: "critical"}, vuln(High, "2", nil), false, "at or over high (vulnerabilities: critical)"},
		{Gate{FailOn: "none", Vulnerabilities: "low"}, vuln(Low, "", nil), true, "(vulnerabilities: low)"},
		{Gate{FailOn: "none", Vulnerabilities: "low"}, plain, false, "(vulnerabilities: low)"},
		{Gate{FailOn: "none", Exploited: true}, known, true, "(vulnerabilities: none, or known to be exploited)"},
		{Gate{FailOn: "high", Fixable: true, Exploited: true}, known, true, "at or over high (vulnerabilities: high with a fix, or known to be exploited)"},
		{Gate{FailOn: "low", Exploited: true}, accepted, false, "at or over low (vulnerabilities: low, or known to be exploited)"},
	} {
		if got := c.gate.Fails(c.f); got != c.fails {
			t.Errorf("%+v: %+v: got %v", c.gate, c.f, got)
		}
		if got := c.gate.String(); got != c.words {
			t.Errorf("%+v: got %q, want %q", c.gate, got, c.words)
		}
	}
}

func TestStrictest(t *testing.T) {
	for _, c := range []struct{ a, b, want Gate }{
		{Gate{FailOn: "high"}, Gate{FailOn: "medium"}, Gate{FailOn: "medium"}},
		{Gate{FailOn: "none"}, Gate{FailOn: "high", Fixable: true}, Gate{FailOn: "high"}},
		{Gate{FailOn: "low", Vulnerabilities: "critical"}, Gate{FailOn: "high"}, Gate{FailOn: "low", Vulnerabilities: "high"}},
		{Gate{FailOn: "none", Vulnerabilities: "none"}, Gate{FailOn: "none", Exploited: true}, Gate{FailOn: "none", Vulnerabilities: "none", Exploited: true}},
	} {
		if got := c.a.Strictest(c.b); got != c.want {
			t.Errorf("%+v and %+v: got %+v", c.a, c.b, got)
		}
		if got := c.b.Strictest(c.a); got != c.want {
			t.Errorf("%+v and %+v: got %+v", c.b, c.a, got)
		}
	}
}
