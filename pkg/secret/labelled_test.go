package secret

import (
	"path/filepath"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/internal/leakset"
)

// The floor under what the rules find and leave alone in the labelled set.
// `make conformance` compares the same with gitleaks.
func TestLabelled(t *testing.T) {
	cases, err := leakset.Read(filepath.Join("testdata", "labelled.txt"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	var paths []string
	kube := 0
	for _, c := range cases {
		files[c.Path] = c.Text
		paths = append(paths, c.Path)
		if c.Kube {
			kube++
		}
	}
	if len(cases) < 400 || kube < 150 {
		t.Errorf("%d cases, %d of Kubernetes: want 400 and 150", len(cases), kube)
	}
	found := map[string][]leakset.Lines{}
	for _, f := range analyze(t, Options{Repo: repo(t, files)}, paths) {
		at := f.Loc.Primary
		found[at.Path] = append(found[at.Path], leakset.Lines{From: at.Start.Line, To: at.End.Line})
		if testing.Verbose() {
			t.Log(f.Rule, at)
		}
	}
	for _, c := range []struct {
		name   string
		kube   bool
		recall float64
		alarms int
	}{{"kube", true, 0.95, 2}, {"other", false, 0.9, 2}} {
		s := leakset.Grade(cases, found, func(k leakset.Case) bool { return k.Kube == c.kube })
		t.Logf("%s: %d of %d leaks found, %d false alarms in %d clean texts", c.name, s.Found, s.Leaks, s.False, s.Clean)
		if s.Recall() < c.recall || s.False > c.alarms || testing.Verbose() {
			t.Logf("missed: %q", s.Missed)
			t.Logf("false: %q", s.Alarms)
		}
		if s.Recall() < c.recall || s.False > c.alarms {
			t.Errorf("%s: recall %.3f, %d false alarms; want %.2f and at most %d", c.name, s.Recall(), s.False, c.recall, c.alarms)
		}
	}
}
