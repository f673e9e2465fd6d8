package scan_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/discover"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/render/helm"
	"github.com/kustoms-dev/kustoms/pkg/render/kustomize"
	"github.com/kustoms-dev/kustoms/pkg/render/plain"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/rule"
	"github.com/kustoms-dev/kustoms/pkg/rules"
	"github.com/kustoms-dev/kustoms/pkg/scan"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// BenchmarkRules renders the charts and overlays of KUSTOMS_CORPUS, or a made-up
// repository, one target at a time, and then runs the rules over what it got. It
// reports the time per object of one rule, on average, and the share of the time
// of rendering that those of the default profile take and that all take; and it
// lists the dearest rules, with -v every one.
func BenchmarkRules(b *testing.B) {
	root := os.Getenv("KUSTOMS_CORPUS")
	paths := []string{"charts", "overlays"}
	if root == "" {
		root, paths = b.TempDir(), []string{"."}
		for i := range 20 {
			write(b, root, i)
		}
	}
	rendering, worlds := renderAll(b, root, paths)
	objects := 0
	for _, x := range worlds {
		objects += len(x.Objects)
	}
	all := rules.Flat()
	on := slices.DeleteFunc(rules.Flat(), func(r *rule.Rule) bool { return r.Off })
	var defaults, everything time.Duration
	single := map[string]time.Duration{}
	runs := 0
	for b.Loop() {
		runs++
		defaults += analyze(b, on, worlds)
		everything += analyze(b, all, worlds)
		for _, r := range all {
			single[r.ID] += analyze(b, []*rule.Rule{r}, worlds)
		}
	}
	b.ReportMetric(float64(everything.Nanoseconds())/float64(runs*objects*len(all)), "ns/object/rule")
	b.ReportMetric(defaults.Seconds()/rendering.Seconds()/float64(runs), "default/rendering")
	b.ReportMetric(everything.Seconds()/rendering.Seconds()/float64(runs), "all/rendering")
	b.ReportMetric(float64(objects), "objects")
	slices.SortFunc(all, func(x, y *rule.Rule) int { return cmp.Compare(single[y.ID], single[x.ID]) })
	if !testing.Verbose() {
		all = all[:8] // go test cuts longer logs
	}
	var out strings.Builder
	for _, r := range all {
		fmt.Fprintf(&out, "\n%8.0f ns/object  %s", float64(single[r.ID].Nanoseconds())/float64(runs*objects), r.ID)
	}
	b.Logf("alone, with what several rules share computed for each:%s", out.String())
}

// renderAll renders what is below the paths and returns how long that took and
// what it gave.
func renderAll(b *testing.B, root string, paths []string) (time.Duration, []*index.Index) {
	repo, err := source.OpenRepo(root, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { repo.Close() })
	for _, p := range paths {
		if _, err := os.Stat(filepath.Join(root, p)); err != nil {
			b.Skip(err)
		}
	}
	found, err := discover.Find(b.Context(), repo, discover.Options{Paths: paths})
	if err != nil {
		b.Fatal(err)
	}
	var spent atomic.Int64
	var keep keeper
	run := &scan.Run{
		Repo: repo, Targets: found.Targets, Jobs: 1,
		Renderers: map[result.TargetKind]render.Renderer{
			result.KindHelm:      timed{&helm.Renderer{Repo: repo, KubeVersion: "1.34"}, &spent},
			result.KindKustomize: timed{&kustomize.Renderer{Repo: repo}, &spent},
			result.KindPlain:     timed{&plain.Renderer{Repo: repo}, &spent},
		},
		Analyzers: []scan.Analyzer{&keep},
	}
	if _, err := run.Do(b.Context()); err != nil {
		b.Fatal(err)
	}
	return time.Duration(spent.Load()), keep.worlds
}

// timed adds up the time that a renderer takes.
type timed struct {
	render.Renderer
	spent *atomic.Int64
}

func (r timed) Render(ctx context.Context, t result.Target) (*render.Output, error) {
	start := time.Now()
	defer func() { r.spent.Add(int64(time.Since(start))) }()
	return r.Renderer.Render(ctx, t)
}

// keeper is an analyzer that keeps what it is given; for one job.
type keeper struct{ worlds []*index.Index }

func (*keeper) Name() string         { return "keeper" }
func (*keeper) Rules() []result.Rule { return nil }
func (k *keeper) Analyze(_ context.Context, x *index.Index, _ *result.Sink) error {
	k.worlds = append(k.worlds, x)
	return nil
}

func analyze(b *testing.B, rs []*rule.Rule, worlds []*index.Index) time.Duration {
	set := rule.NewSet(rs, nil)
	start := time.Now()
	for _, x := range worlds {
		var sink result.Sink
		if err := set.Analyze(b.Context(), x, &sink); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}
