package triage

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

func finding(object, fingerprint, path, target string) result.Finding {
	return result.Finding{
		Rule: "r", Object: result.Key{Kind: "Pod", Name: object}, Field: "spec.hostPID", Fingerprint: fingerprint,
		Loc: result.Location{Primary: source.LineSpan(path, 3)}, Targets: []string{target},
	}
}

func TestDedupe(t *testing.T) {
	targets := []result.Target{
		{Name: "c[a]", Path: "c"}, {Name: "c[b]", Path: "c"}, {Name: "d", Path: "d"},
		{Name: "o/dev", Path: "o/dev"}, {Name: "o/prod", Path: "o/prod"},
	}
	for name, c := range map[string]struct {
		in   []result.Finding
		want [][]string // targets of each finding that is left
	}{
		"two environments": {
			[]result.Finding{finding("x", "1", "t.yaml", "c[a]"), finding("x", "1", "t.yaml", "c[b]")},
			[][]string{{"c[a]", "c[b]"}},
		},
		"two objects of one line": {
			[]result.Finding{finding("x", "1", "t.yaml", "c[a]"), finding("y", "2", "t.yaml", "c[a]"), finding("x", "1", "t.yaml", "c[b]"), finding("y", "2", "t.yaml", "c[b]")},
			[][]string{{"c[a]", "c[b]"}, {"c[a]", "c[b]"}},
		},
		"renamed by overlays": {
			[]result.Finding{finding("dev-x", "1", "base.yaml", "o/dev"), finding("prod-x", "2", "base.yaml", "o/prod")},
			[][]string{{"o/dev", "o/prod"}},
		},
		"set in two values files": {
			[]result.Finding{finding("x", "1", "a.yaml", "c[a]"), finding("x", "1", "b.yaml", "c[b]")},
			[][]string{{"c[a]", "c[b]"}},
		},
		"unrelated charts": {
			[]result.Finding{finding("x", "1", "a.yaml", "c[a]"), finding("x", "1", "b.yaml", "d")},
			[][]string{{"c[a]"}, {"d"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &result.Report{Targets: targets, Findings: c.in}
			dedupe(&Options{}, r)
			var got [][]string
			seen := map[string]bool{}
			for _, f := range r.Findings {
				got = append(got, f.Targets)
				if seen[f.Fingerprint] {
					t.Errorf("two findings share fingerprint %s", f.Fingerprint)
				}
				seen[f.Fingerprint] = true
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
