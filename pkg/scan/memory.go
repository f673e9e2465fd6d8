package scan

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/kustoms-dev/kustoms/pkg/memo"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Informed is an analyzer whose answer about a target depends on more than the
// run's settings, the target and the repository's files.
type Informed interface {
	// Knows is what else decides, for memo.Digest.
	Knows(target string) any
}

// Reminded is an analyzer that keeps something about a target for the end of
// the run.
type Reminded interface {
	// Noted is what was kept about the target, as JSON; nil for nothing.
	Noted(target string) json.RawMessage
	// Remind keeps what an earlier run noted.
	Remind(target string, noted json.RawMessage) error
}

// part is what one target adds to a run: what is remembered of it.
type part struct {
	Status      result.Status              `json:"status,omitempty"`
	Reason      string                     `json:"reason,omitempty"`
	Warnings    []string                   `json:"warnings,omitempty"`
	Objects     int                        `json:"objects"`
	Images      []result.Image             `json:"images,omitempty"`
	KubeVersion string                     `json:"kubeVersion,omitempty"`
	Findings    []result.Finding           `json:"findings,omitempty"`
	Stages      []result.Stage             `json:"stages,omitempty"`
	Rules       []result.Rule              `json:"rules,omitempty"`
	Waivers     []result.Waiver            `json:"waivers,omitempty"`
	Graphs      []result.Graph             `json:"graphs,omitempty"`
	Paths       []result.AttackPath        `json:"paths,omitempty"`
	Lines       []result.FileLines         `json:"lines,omitempty"`
	Deployed    []result.Deployed          `json:"deployed,omitempty"`
	Noted       map[string]json.RawMessage `json:"noted,omitempty"` // by analyzer

	// passing says that the same might end otherwise at another time.
	passing bool
}

// look is examine, or what is remembered of it.
func (r *Run) look(ctx context.Context, t *result.Target) *part {
	if r.Memo == nil || t.Kind == result.KindFiles {
		return r.examine(ctx, t)
	}
	question := r.question(t)
	if answer, reads, ok := r.Memo.Recall(ctx, "target", question); ok {
		var p part
		if json.Unmarshal(answer, &p) == nil && r.remind(t, p.Noted) == nil {
			r.Repo.Joined(reads)
			return &p
		}
	}
	var reads source.Reads
	p := r.examine(source.Watch(ctx, &reads), t)
	r.Repo.Joined(&reads)
	if p.passing || ctx.Err() != nil {
		return p
	}
	p.Noted = r.noted(t)
	answer, err := json.Marshal(p)
	if err == nil {
		err = r.Memo.Keep("target", question, &reads, answer)
	}
	if err != nil {
		r.forget(err)
	}
	return p
}

// question stands for all that decides what comes of a target but for the
// files that it reads.
func (r *Run) question(t *result.Target) string {
	knows := []any{r.Question, *t}
	for _, a := range r.Analyzers {
		knows = append(knows, a.Name())
		if a, ok := a.(Informed); ok {
			knows = append(knows, a.Knows(t.Name))
		}
	}
	return memo.Digest(knows...)
}

func (r *Run) noted(t *result.Target) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for _, a := range r.Analyzers {
		if m, ok := a.(Reminded); ok {
			if n := m.Noted(t.Name); n != nil {
				out[a.Name()] = n
			}
		}
	}
	return out
}

func (r *Run) remind(t *result.Target, noted map[string]json.RawMessage) error {
	for _, a := range r.Analyzers {
		if m, ok := a.(Reminded); ok && noted[a.Name()] != nil {
			if err := m.Remind(t.Name, noted[a.Name()]); err != nil {
				return err
			}
		}
	}
	return nil
}

// gather adds a part to the run.
func (p *part) gather(t *result.Target, sink *result.Sink, all *across) {
	t.Status, t.Reason, t.Objects, t.Images = p.Status, p.Reason, p.Objects, p.Images
	t.Warnings = slices.Concat(t.Warnings, p.Warnings)
	if p.KubeVersion != "" {
		t.KubeVersion = p.KubeVersion
	}
	sink.Report(p.Findings...)
	for _, st := range p.Stages {
		sink.Stage(st)
	}
	sink.Rules(p.Rules...)
	sink.Waive(p.Waivers...)
	for _, g := range p.Graphs {
		sink.Graph(g)
	}
	sink.Path(p.Paths...)
	all.coverage.add(p.Lines)
	all.rendered.add(p.Deployed)
	if p.passing {
		all.unsettled.Store(true)
	}
}

// examine takes one target through render, index and the analyzers.
func (r *Run) examine(ctx context.Context, t *result.Target) *part {
	p := &part{}
	var sink result.Sink
	x, err := r.load(ctx, t, &sink, p)
	if err != nil {
		faults := render.Faults(err)
		p.Status, p.Reason = result.Failed, faults[0].Error()
		p.passing = passing(err)
		for _, f := range faults {
			sink.Stage(result.Stage{Name: "render", Target: t.Name, Status: result.Failed, Reason: f.Error(), Hint: f.Hint, At: f.At})
		}
		_, p.Stages = sink.Take()
		return p
	}
	p.Status, p.Objects = result.OK, len(x.Objects)
	sink.Stage(result.Stage{Name: "render", Target: t.Name, Status: result.OK})
	for _, a := range r.Analyzers {
		st := result.Stage{Name: a.Name(), Target: t.Name, Status: result.OK}
		if err := guard(func() error { return a.Analyze(ctx, x, &sink) }); err != nil {
			st.Status, st.Reason = result.Failed, err.Error()
			var skip *result.SkipError
			if errors.As(err, &skip) {
				st.Status, st.Hint = result.Skipped, skip.Hint
			} else {
				p.passing = true
			}
		}
		sink.Stage(st)
	}
	p.Images = sink.TakeImages(t.Name)
	p.Findings, p.Stages = sink.Take()
	p.Rules, p.Waivers, p.Graphs, p.Paths = sink.TakeRules(), sink.TakeWaivers(), sink.TakeGraphs(), sink.TakePaths()
	return p
}

// passing reports whether a failure is of the moment: of time, or a fault of
// ours that the next version has not.
func passing(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, errFault)
}

// forget tells that the memo cannot be written: the run is as good, the next
// one slower.
func (r *Run) forget(err error) {
	r.warn.Do(func() {
		if r.Warn != nil {
			r.Warn(err)
		}
	})
}
