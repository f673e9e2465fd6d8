package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/cli"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// TestCorpusDedupe scans real charts, overlays and manifests: no two findings
// share a fingerprint, and none differ in nothing but the target.
func TestCorpusDedupe(t *testing.T) {
	corpus := os.Getenv("KUSTOMS_CORPUS")
	if corpus == "" {
		t.Skip("KUSTOMS_CORPUS names no directory of real charts and overlays")
	}
	for _, part := range []string{"charts", "overlays", "manifests"} {
		t.Run(part, func(t *testing.T) {
			dir := filepath.Join(corpus, part)
			if _, err := os.Stat(dir); err != nil {
				t.Skipf("the corpus has no %s", part)
			}
			var out, errs bytes.Buffer
			cli.Main(context.Background(), []string{"kustoms", "scan", dir, "--root", dir, "--report", "json=-", "--exit-zero"}, nil, &out, &errs)
			var r result.Report
			if err := json.Unmarshal(out.Bytes(), &r); err != nil {
				t.Fatalf("%v: %s", err, &errs)
			}
			type problem struct {
				rule, container, field, message string
				object                          result.Key
				at                              source.Span
			}
			ids := map[string]int{}
			problems := map[problem]int{}
			for i := range r.Findings {
				f := &r.Findings[i]
				if j, ok := ids[f.Fingerprint]; ok {
					t.Errorf("%s: %s at %s and %s", f.Fingerprint, f.Rule, f.Loc.Primary, r.Findings[j].Loc.Primary)
				}
				ids[f.Fingerprint] = i
				p := problem{f.Rule, f.Container, f.Field, f.Message, f.Object, f.Loc.Primary}
				if j, ok := problems[p]; ok {
					t.Errorf("%s at %s twice: in %v and in %v", f.Rule, f.Loc.Primary, f.Targets, r.Findings[j].Targets)
				}
				problems[p] = i
			}
			t.Logf("%d findings of %d targets", len(r.Findings), len(r.Targets))
		})
	}
}
