// Package scan runs the stages in order, the only package that sees them all:
// discover → render → index → analyzers → triage. Targets are independent, so
// each is rendered, indexed and analyzed by one worker and its objects are
// dropped before the next. A stage that fails is recorded and the rest goes
// on: the report says what was not looked at.
package scan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kustoms-dev/kustoms/pkg/excerpt"
	"github.com/kustoms-dev/kustoms/pkg/index"
	"github.com/kustoms-dev/kustoms/pkg/memo"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/schema"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/suppress"
	"github.com/kustoms-dev/kustoms/pkg/triage"
)

// Analyzer looks at one target at a time. Safe for concurrent use.
type Analyzer interface {
	Name() string
	// Rules describes the checks that the analyzer can report.
	Rules() []result.Rule
	// Analyze reports into sink. An error is a failed stage.
	Analyze(ctx context.Context, x *index.Index, sink *result.Sink) error
}

// Finisher is an analyzer that has more to report once all targets are done.
type Finisher interface {
	Finish(sink *result.Sink)
}

// Run is one run's stages, assembled. Renderers and Analyzers are fixed
// before it starts.
type Run struct {
	Repo      *source.Repo
	Targets   []result.Target
	Renderers map[result.TargetKind]render.Renderer
	// PostRender takes the output of a target through its post-renderers.
	PostRender func(context.Context, result.Target, *render.Output) (*render.Output, error)
	Analyzers  []Analyzer
	Triage     triage.Options
	Jobs       int
	// Custom are the custom resources that the repository defines; may be nil.
	Custom *schema.Definitions
	// Part is the share of the targets that is looked at; the zero value is all.
	Part Part
	// FilesWhole says that the repository's own files are looked at together,
	// and so by one part.
	FilesWhole bool
	Tool       result.Tool
	Gate       result.Gate
	// Progress is told of each target before and after; may be nil. Calls are
	// not concurrent.
	Progress func(Event)
	// Memo remembers what came of targets; nil for nothing. Question stands
	// for all of the run that decides about it: program, settings, rules.
	Memo     *memo.Memo
	Question string
	// Warn is told once if the memo cannot be written; may be nil.
	Warn func(error)
	warn sync.Once
	// settled says that Do would end the same at any other time.
	settled bool
}

// Settled reports whether Do, which has ended, would end the same at any other
// time: nothing timed out, nothing broke.
func (r *Run) Settled() bool { return r.settled }

// across is what a run gathers over all its targets.
type across struct {
	coverage coverage
	rendered rendered
	// unsettled says that some target might end otherwise at another time.
	unsettled atomic.Bool
}

// Event is a step of the run's progress.
type Event struct {
	Stage       string // "render", "check"
	Target      string
	Done, Total int
}

// Do runs all stages. The error is ctx's; everything else is in the report. The
// report of a part is left for triage.Join to judge.
func (r *Run) Do(ctx context.Context) (*result.Report, error) {
	rep := &result.Report{Schema: result.SchemaVersion, Tool: r.Tool, Gate: r.Gate, Targets: slices.Clone(r.Targets)}
	if r.Part.Of > 1 {
		rep.Targets, rep.Shard = r.split(ctx)
	}
	for _, a := range r.Analyzers {
		for _, m := range a.Rules() {
			m.Analyzer = a.Name()
			rep.Rules = append(rep.Rules, m)
		}
	}

	jobs := r.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	var sink result.Sink
	var all across
	var mu sync.Mutex // Progress
	done := 0
	tell := func(stage, target string, finished int) {
		if r.Progress == nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		done += finished
		r.Progress(Event{stage, target, done, len(rep.Targets)})
	}
	var wg sync.WaitGroup
	next := make(chan int)
	for range jobs {
		wg.Go(func() {
			for i := range next {
				r.target(ctx, &rep.Targets[i], &sink, &all, tell)
			}
		})
	}
feed:
	for i := range rep.Targets {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	for _, a := range r.Analyzers {
		f, ok := a.(Finisher)
		switch {
		case !ok || ctx.Err() != nil:
		case rep.Shard == nil:
			f.Finish(&sink)
		default:
			var own result.Sink
			f.Finish(&own)
			if found, _ := own.Take(); len(found) > 0 {
				sink.Stage(result.Stage{
					Name: a.Name(), Status: result.Skipped, Reason: "what matches nothing in this shard may match in another: intents whose sides match nothing were not told",
					Hint: "run kustoms scan without --shard to see them",
				})
			}
		}
	}
	r.settled = ctx.Err() == nil && !all.unsettled.Load()
	rep.Findings, rep.Stages = sink.Take()
	rep.Graphs, rep.AttackPaths = sink.TakeGraphs(), sink.TakePaths()
	rep.Rules = append(rep.Rules, sink.TakeRules()...)
	slices.SortFunc(rep.Rules, func(a, b result.Rule) int { return strings.Compare(a.ID, b.ID) })
	rep.Waivers = append(sink.TakeWaivers(), suppress.Read(ctx, r.Repo, commented(r.Targets, rep))...)
	rep.Coverage = result.NewCoverage(all.coverage.lines())
	if !slices.ContainsFunc(r.Targets, func(t result.Target) bool { return t.Kind != result.KindFiles }) {
		rep.Stages = append(rep.Stages, result.Stage{
			Name: "discover", Status: result.Failed, Reason: "found nothing to scan: no Helm chart, no Kustomize overlay and no Kubernetes manifest",
			Hint: "check the path and the exclude patterns",
		})
	}
	if err := ctx.Err(); err != nil {
		rep.Stages = append(rep.Stages, result.Stage{Name: "scan", Status: result.Failed, Reason: fmt.Sprintf("stopped early: %v", context.Cause(ctx))})
	}
	slices.SortStableFunc(rep.Stages, func(a, b result.Stage) int {
		return cmp.Or(strings.Compare(a.Target, b.Target), strings.Compare(a.Name, b.Name), strings.Compare(a.Reason, b.Reason))
	})
	for i := range rep.Targets {
		rep.Targets[i].Helm = rep.Targets[i].Helm.Masked()
	}
	if rep.Shard != nil {
		// No excerpts: which lines are to be masked, other shards know, too.
		rep.Shard.Lines, rep.Shard.Deployed, rep.Coverage = all.coverage.lines(), all.rendered.list(), nil
		triage.Defer(&r.Triage, rep)
		return rep, nil
	}
	excerpt.Fill(r.Repo, rep)
	rep.Findings = result.NotDeployed(rep.Findings, all.rendered.list())
	triage.Run(&r.Triage, rep)
	return rep, nil
}

// commented lists the files whose comments may speak of findings: those looked
// at, and those that findings were traced to, which may lie outside.
func commented(targets []result.Target, rep *result.Report) []string {
	var out []string
	for _, t := range targets {
		if t.Kind == result.KindFiles {
			out = append(out, t.Files...)
		}
	}
	for i := range rep.Findings {
		loc := &rep.Findings[i].Loc
		out = append(out, loc.Primary.Path)
		for _, o := range loc.Chain {
			out = append(out, o.Path)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Render renders one target without checking it.
func (r *Run) Render(ctx context.Context, t result.Target) (out *render.Output, err error) {
	rd := r.Renderers[t.Kind]
	if rd == nil {
		return nil, fmt.Errorf("targets of kind %q are not rendered", t.Kind)
	}
	err = guard(func() (err error) {
		out, err = rd.Render(ctx, t)
		if err == nil && len(t.PostRender) > 0 {
			out, err = r.PostRender(ctx, t, out)
		}
		if err == nil {
			err = out.Substitute(t.PostBuild)
		}
		return err
	})
	return out, err
}

// Index renders and parses one target as a run does, without checking it. A
// document that is not YAML is an error.
func (r *Run) Index(ctx context.Context, t result.Target) (*index.Index, error) {
	var sink result.Sink
	x, err := r.load(ctx, &t, &sink, &part{})
	if err != nil {
		return nil, err
	}
	if _, stages := sink.Take(); len(stages) > 0 {
		return nil, errors.New(stages[0].Reason)
	}
	return x, nil
}

// target adds what comes of one target to the run.
func (r *Run) target(ctx context.Context, t *result.Target, sink *result.Sink, all *across, tell func(string, string, int)) {
	tell("render", t.Name, 0)
	defer tell("check", t.Name, 1)
	if t.Status == result.Skipped { // discovery knows that it cannot be rendered
		sink.Stage(result.Stage{Name: "render", Target: t.Name, Status: result.Skipped, Reason: t.Reason})
		return
	}
	r.look(ctx, t).gather(t, sink, all)
}

// load renders and parses a target. A document that does not parse is a failed
// stage of its own; the others are kept.
func (r *Run) load(ctx context.Context, t *result.Target, sink *result.Sink, p *part) (*index.Index, error) {
	if t.Kind == result.KindFiles {
		x := index.New(*t, nil)
		x.Repo, x.Files = r.Repo, t.Files
		return x, nil
	}
	out, err := r.Render(ctx, *t)
	if err != nil {
		return nil, err
	}
	for _, c := range out.Coverage {
		p.Lines = append(p.Lines, result.FileLines(c))
	}
	at := *t
	p.Warnings = out.Warnings
	if p.KubeVersion = out.KubeVersion; p.KubeVersion != "" {
		at.KubeVersion = p.KubeVersion
	}
	at.Warnings = slices.Concat(t.Warnings, p.Warnings)
	docs := out.Documents[:0]
	for _, d := range out.Documents {
		if err := d.Parse(); err != nil {
			at := d.ErrSpan(err)
			sink.Stage(result.Stage{
				Name: "parse", Target: t.Name, Status: result.Failed, At: at,
				Reason: fmt.Sprintf("%s: not valid YAML: %v", at, err),
				Hint:   "this document was not checked; the rest of the target was",
			})
			continue
		}
		if d.Node != nil {
			docs = append(docs, d)
		}
	}
	x := index.New(at, docs)
	x.Custom = r.Custom
	p.Deployed = deployed(x)
	return x, nil
}

var errFault = errors.New("internal fault")

// guard turns a panic into an error: broken input must never end the run.
func guard(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v (please report it)\n%s", errFault, p, shortStack())
		}
	}()
	return fn()
}

// shortStack is the first lines of the stack: enough to report, no addresses.
func shortStack() string {
	lines := strings.Split(string(debug.Stack()), "\n")
	var out []string
	for _, l := range lines {
		if i := strings.Index(l, "/pkg/"); i >= 0 && strings.HasPrefix(l, "\t") {
			out = append(out, "  "+strings.SplitN(l[i+1:], " ", 2)[0])
		}
		if len(out) == 6 {
			break
		}
	}
	return strings.Join(out, "\n")
}
