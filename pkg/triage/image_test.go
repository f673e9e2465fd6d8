package triage

import (
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

func vulnerability(id, ref string, pkgs ...result.AffectedPackage) result.Finding {
	return result.Finding{
		Rule: id, Severity: result.Medium, Fingerprint: id + ref, Object: result.Key{Kind: "Pod", Name: "web"}, Targets: []string{"t"},
		Vulnerability: &result.Vulnerability{ID: id, Rating: result.RatedUnknown, Packages: pkgs, Image: result.ImageID{Ref: ref, Digest: "sha256:abc"}},
	}
}

func TestImageWaivers(t *testing.T) {
	ssl := result.AffectedPackage{Name: "libssl3", Installed: "3.0.11-1", Source: "openssl", SourceVersion: "3.0.11-1", PURL: "pkg:deb/debian/libssl3@3.0.11-1"}
	curl := result.AffectedPackage{Name: "curl", Installed: "7.88.1-1"}
	for name, c := range map[string]struct {
		w    result.Waiver
		f    result.Finding
		want bool
	}{
		"by reference":               {result.Waiver{Rule: "CVE-*", Image: "ghcr.io/shop/*:1"}, vulnerability("CVE-1", "ghcr.io/shop/web:1", ssl), true},
		"another tag":                {result.Waiver{Rule: "CVE-*", Image: "ghcr.io/shop/*:1"}, vulnerability("CVE-1", "ghcr.io/shop/web:2", ssl), false},
		"by repository":              {result.Waiver{Rule: "CVE-*", Image: "ghcr.io/**"}, vulnerability("CVE-1", "ghcr.io/shop/web:2", ssl), true},
		"a port is no tag":           {result.Waiver{Rule: "CVE-1", Image: "localhost:5000/web"}, vulnerability("CVE-1", "localhost:5000/web", ssl), true},
		"by digest":                  {result.Waiver{Rule: "CVE-1", Image: "web@sha256:abc"}, vulnerability("CVE-1", "web:1", ssl), true},
		"another digest":             {result.Waiver{Rule: "CVE-1", Image: "web@sha256:def"}, vulnerability("CVE-1", "web:1", ssl), false},
		"by package":                 {result.Waiver{Rule: "CVE-1", Package: "libssl3"}, vulnerability("CVE-1", "web:1", ssl), true},
		"by source":                  {result.Waiver{Rule: "CVE-1", Package: "openssl@3.0.*"}, vulnerability("CVE-1", "web:1", ssl), true},
		"by purl":                    {result.Waiver{Rule: "CVE-1", Package: "pkg:deb/debian/*@*"}, vulnerability("CVE-1", "web:1", ssl), true},
		"one of two packages":        {result.Waiver{Rule: "CVE-1", Package: "openssl"}, vulnerability("CVE-1", "web:1", ssl, curl), false},
		"both packages":              {result.Waiver{Rule: "CVE-1", Package: "{openssl,curl}"}, vulnerability("CVE-1", "web:1", ssl, curl), true},
		"no package of a pod's rule": {result.Waiver{Rule: "r", Package: "*"}, finding("x", "1", "a.yaml", "t"), false},
		"no image of a pod's rule":   {result.Waiver{Rule: "r", Image: "**"}, finding("x", "1", "a.yaml", "t"), false},
		"image, package and kind": {result.Waiver{Rule: "CVE-1", Image: "web", Package: "curl", Kind: "Pod"},
			vulnerability("CVE-1", "web:1", curl), true},
	} {
		c.w.Reason = "why"
		r := &result.Report{Findings: []result.Finding{c.f}}
		Judge(&Options{Terms: result.Terms{Suppressions: []result.Waiver{c.w}, Today: "2026-01-01"}}, r)
		if got := r.Findings[0].Suppressed != nil; got != c.want {
			t.Errorf("%s: suppressed: %v", name, got)
		}
	}
}

// A waiver about images that were not read is not called unused.
func TestImageWaiverUnused(t *testing.T) {
	for _, scanned := range []bool{false, true} {
		r := &result.Report{Targets: []result.Target{{Name: "t", Images: []result.Image{{Ref: "web", Scanned: scanned}}}}}
		Judge(&Options{Terms: result.Terms{Suppressions: []result.Waiver{{Rule: "CVE-2024-1", Reason: "why"}}}}, r)
		want := map[bool]result.WaiverState{false: result.WaiverUnknown, true: result.WaiverUnused}[scanned]
		if got := r.Waivers[0].State; got != want {
			t.Errorf("scanned %v: got %s", scanned, got)
		}
	}
}

func TestIgnoreUnfixed(t *testing.T) {
	kev := true
	open := result.AffectedPackage{Name: "curl"}
	exploited := vulnerability("CVE-3", "web", open)
	exploited.Vulnerability.KEV = &kev
	high := result.High
	r := &result.Report{Findings: []result.Finding{
		vulnerability("CVE-1", "web", open), vulnerability("CVE-2", "web", open, result.AffectedPackage{Name: "b", Fixed: "2"}), exploited, finding("x", "1", "a.yaml", "t"),
	}}
	Judge(&Options{Terms: result.Terms{IgnoreUnfixed: true, Unknown: &high}}, r)
	for i, want := range []bool{true, false, false, false} {
		f := r.Findings[i]
		if got := f.Suppressed != nil; got != want {
			t.Errorf("%s: suppressed: %v", f.Rule, got)
		}
		if f.Vulnerability != nil && f.Severity != result.High {
			t.Errorf("%s: the severity of the unrated is %s", f.Rule, f.Severity)
		}
	}
}
