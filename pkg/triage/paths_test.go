package triage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// pathReport is a target with a way to the node: one finding gives it, one makes
// it easier.
func pathReport(targets ...string) *result.Report {
	r := &result.Report{Gate: result.Gate{FailOn: "high"}}
	for _, t := range targets {
		r.Targets = append(r.Targets, result.Target{Name: t, Path: "chart"})
		for i, f := range []result.Finding{
			{Rule: "privileged-container", Severity: result.Critical, Fingerprint: "v1:power"},
			{Rule: "run-as-non-root", Severity: result.Medium, Fingerprint: "v1:weak"},
			{Rule: "writable-root-filesystem", Severity: result.Low, Fingerprint: "v1:other"},
		} {
			f.Message, f.Object.Name, f.Targets = f.Rule, "web", []string{t}
			f.Loc.Primary = source.LineSpan("chart/web.yaml", i+1)
			r.Findings = append(r.Findings, f)
		}
		r.AttackPaths = append(r.AttackPaths, result.AttackPath{
			Severity: result.Critical, Title: "way", Goal: "the node", Targets: []string{t},
			Steps: []result.AttackStep{
				{Kind: result.StepExposed, Message: "it answers"},
				{Kind: result.StepWeak, Message: "it is weak", Findings: []string{"v1:weak"}},
				{Kind: result.StepPower, Message: "it is privileged", Findings: []string{"v1:power"}},
			},
		})
	}
	return r
}

func severities(r *result.Report) string {
	var out []string
	for _, f := range r.Findings {
		s := f.Rule + " " + f.Severity.String()
		if f.Lifted != nil {
			s += " from " + f.Lifted.From.String()
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestPaths(t *testing.T) {
	accept := func(rule string) *Options {
		return &Options{Terms: result.Terms{Today: "2026-01-01", Suppressions: []result.Waiver{{Rule: rule, Reason: "it must", Form: result.FormConfig}}}}
	}
	for _, tt := range []struct {
		name    string
		options *Options
		targets []string
		paths   int
		steps   int
		want    string
	}{
		{"lifts by one step", &Options{}, []string{"a"}, 1, 3, "privileged-container critical, run-as-non-root high from medium, writable-root-filesystem low"},
		{"one path for all environments", &Options{}, []string{"a", "b"}, 1, 3, "privileged-container critical, run-as-non-root high from medium, writable-root-filesystem low"},
		{"an accepted step is none", accept("run-as-non-root"), []string{"a"}, 1, 2, "privileged-container critical, run-as-non-root medium, writable-root-filesystem low"},
		{"without its end there is no path", accept("privileged-container"), []string{"a"}, 0, 0, "privileged-container critical, run-as-non-root medium, writable-root-filesystem low"},
		{"the user's severity stays", &Options{Terms: result.Terms{Severity: map[string]result.Severity{"run-as-non-root": result.Low}}}, []string{"a"}, 1, 3, "privileged-container critical, run-as-non-root low, writable-root-filesystem low"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := pathReport(tt.targets...)
			Run(tt.options, r)
			if got := severities(r); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
			if len(r.AttackPaths) != tt.paths {
				t.Fatalf("%d paths, want %d", len(r.AttackPaths), tt.paths)
			}
			if tt.paths == 0 {
				return
			}
			p := r.AttackPaths[0]
			if len(p.Steps) != tt.steps || len(p.Targets) != len(tt.targets) {
				t.Errorf("%d steps in %v, want %d in %v", len(p.Steps), p.Targets, tt.steps, tt.targets)
			}
			for _, f := range r.Findings {
				if f.Rule == "run-as-non-root" && f.Fingerprint != "v1:weak" {
					t.Errorf("lifting changed the fingerprint to %s", f.Fingerprint)
				}
			}
		})
	}
}

// A known finding that a path lifts is known still.
func TestPathsAndBaseline(t *testing.T) {
	r := pathReport("a")
	known := map[string]result.Finding{}
	for _, f := range pathReport("a").Findings {
		known[f.Fingerprint] = f
	}
	Run(&Options{Baseline: &Baseline{Known: known}}, r)
	if n := r.Failing(); n != 0 {
		t.Errorf("%d known findings fail the gate", n)
	}
}

func TestRankPaths(t *testing.T) {
	r := &result.Report{}
	for i := range 15 {
		p := result.AttackPath{Severity: result.High, Title: fmt.Sprintf("%02d", i), Steps: []result.AttackStep{{Kind: result.StepExposed, Nodes: i%2 == 0}}}
		if i == 7 {
			p.Severity = result.Critical
		}
		if i == 8 {
			p.Steps = append(p.Steps, result.AttackStep{Kind: result.StepVulnerable})
		}
		r.AttackPaths = append(r.AttackPaths, p)
	}
	rankPaths(r)
	if len(r.AttackPaths) != result.MaxAttackPaths || r.MorePaths != 5 {
		t.Fatalf("%d paths and %d more", len(r.AttackPaths), r.MorePaths)
	}
	for i, want := range []string{"07", "08", "01"} {
		if r.AttackPaths[i].Title != want {
			t.Errorf("path %d is %s, want %s", i, r.AttackPaths[i].Title, want)
		}
	}
}
