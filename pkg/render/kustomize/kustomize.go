// Package kustomize renders Kustomize overlays with krusty, the library behind
// `kustomize build`, byte for byte as that program prints them, and leads each
// line home. It starts no program and opens no connection: before krusty runs,
// a loader walks every kustomization that the build will load and refuses what
// would need either. krusty reads through a read-only view of the repository
// that no path or link leaves.
package kustomize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// Limits of one build.
const (
	// DefaultTimeout bounds one build.
	DefaultTimeout = 60 * time.Second
	// DefaultMaxOutput bounds what one build prints, in bytes.
	DefaultMaxOutput = 64 << 20

	maxInput = 128 << 20 // bytes of files read
)

// maxCopied bounds what the copies of one JSON patch add, in bytes: each may
// double what the one before made.
const maxCopied = 16 << 20

var boundCopies = sync.OnceFunc(func() { jsonpatch.AccumulatedCopySizeLimit = maxCopied })

var errInput = errors.New("the build reads too much")

var errTimeout = fmt.Errorf("the build took too long: %w", context.DeadlineExceeded)

// Renderer builds overlays of Repo. The zero value of a limit is its default.
type Renderer struct {
	Repo *source.Repo
	// Charts renders what helmCharts list; without it they are refused.
	Charts render.Renderer
	// Remote gives what is named by an address; without it that is refused.
	Remote render.Remote
	// Timeout and MaxOutput (bytes) bound one build.
	Timeout   time.Duration
	MaxOutput int
}

// Render builds the overlay t.Path as `kustomize build` does, with what
// t.Kustomize adds. The stages after the build are the caller's.
func (r *Renderer) Render(ctx context.Context, t result.Target) (*render.Output, error) {
	timeout, maxOutput := r.limits()
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	out, err := r.render(ctx, t, maxOutput)
	if err != nil && errors.Is(context.Cause(ctx), errTimeout) {
		return nil, &render.Fault{
			At: source.LineSpan(t.Path, 0), Msg: fmt.Sprintf("the build took longer than %s: it loads very much", timeout),
			Hint: "raise the limit with --render-timeout", Err: errTimeout,
		}
	}
	return out, err
}

// limits are those set, or the defaults.
func (r *Renderer) limits() (timeout time.Duration, maxOutput int) {
	timeout, maxOutput = r.Timeout, r.MaxOutput
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	if maxOutput <= 0 {
		maxOutput = DefaultMaxOutput
	}
	return timeout, maxOutput
}

// Remotes lists what the build of t reads from elsewhere, having fetched it.
func (r *Renderer) Remotes(ctx context.Context, t result.Target) ([]Use, error) {
	dir, err := r.Repo.Resolve(t.Path)
	if err != nil {
		return nil, err
	}
	l := r.loader(ctx, t, dir)
	_, err = l.load(dir, nil, source.LineSpan(t.Path, 0), false, 0)
	return l.uses, l.placed(err)
}

func (r *Renderer) loader(ctx context.Context, t result.Target, dir string) *loader {
	l := newLoader(newFiles(ctx, r.Repo, maxInput), newEdits(t, dir), r.Remote)
	l.charts, l.kubeVersion = r.Charts, t.KubeVersion
	return l
}

func (r *Renderer) render(ctx context.Context, t result.Target, maxOutput int) (*render.Output, error) {
	dir, err := r.Repo.In(ctx).Resolve(t.Path)
	if err != nil {
		return nil, &render.Fault{At: source.LineSpan(t.Path, 0), Msg: fmt.Sprintf("reading overlay: %v", err), Err: err}
	}
	return overlay(ctx, t, r.loader(ctx, t, dir), dir, maxOutput)
}

// overlay builds dir from what l reads.
func overlay(ctx context.Context, t result.Target, l *loader, dir string, maxOutput int) (*render.Output, error) {
	boundCopies()
	root, err := l.load(dir, nil, source.LineSpan(t.Path, 0), false, 0)
	if err != nil {
		return nil, l.placed(err)
	}
	v := newView(l.files)
	lay := l.lay(v)
	b := build(ctx, v, dir, l.mode())
	if b.err != nil && ctx.Err() == nil {
		// Its message must be that of the files as they are.
		v = newView(l.files)
		for _, k := range l.parsed {
			if !l.rewritten(k) {
				continue
			}
			if data, err := yaml.Marshal(l.written(k)); err == nil {
				v.add(k.file, data)
			}
		}
		b = build(ctx, v, dir, l.mode())
	}
	if b.err != nil {
		return nil, l.explain(root, v, b.err)
	}
	if len(b.text) > maxOutput {
		return nil, &render.Fault{At: source.LineSpan(root.file, 1), Msg: fmt.Sprintf("the build prints %d MB, more than %d", len(b.text)>>20, maxOutput>>20), Hint: "raise the limit with limits.maxRenderSize"}
	}
	out := &render.Output{Text: b.text, Warnings: plainWarnings(slices.Concat(l.warnings, b.warnings))}
	tr := newTracer(l, lay)
	objects := b.resources.Resources()
	for i, c := range manifest.Split(b.text) {
		d := &manifest.Document{Target: t.Name, Path: root.file, Text: c.Text, Line: c.Line}
		if i < len(objects) {
			node := objects[i].YNode()
			d.Map = srcmap.Lazy(func() []srcmap.Line { return tr.document(c.Text, node) })
		}
		d.Written = sync.OnceValue(func() string { return written(l.repo, d) })
		out.Documents = append(out.Documents, d)
	}
	return out, nil
}

var (
	// nameLine is where kustomize prints an object's name.
	nameLine    = regexp.MustCompile(`(?m)^metadata:\n(?:[ -].*\n)*?  name: (.*)$`)
	nameWritten = regexp.MustCompile(`\bname:\s*["']?([^"'\s,}#]+)`)
	nameHash    = regexp.MustCompile(`-[a-z0-9]{10}$`) // of generated ConfigMaps and Secrets
)

// written is the name that a resource has where it is written. krusty takes
// its own record of it away before it returns, so the line is read.
func written(repo *source.Repo, d *manifest.Document) string {
	m := nameLine.FindSubmatchIndex(d.Text)
	if m == nil || d.Map == nil {
		return ""
	}
	name := strings.Trim(string(d.Text[m[2]:m[3]]), `"'`)
	for _, o := range d.Map.Line(1 + bytes.Count(d.Text[:m[2]], []byte("\n"))).Origins() {
		switch o.Role {
		case result.RoleGenerator:
			return nameHash.ReplaceAllString(name, "")
		case result.RoleResource:
			data, err := repo.ReadFile(o.Path)
			if err != nil {
				continue
			}
			lines := bytes.Split(data, []byte("\n"))
			if n := o.Start.Line; n > 0 && n <= len(lines) {
				if w := nameWritten.FindSubmatch(lines[n-1]); w != nil {
					return string(w[1])
				}
			}
		}
	}
	return name
}

// mode is how the build may run beside others.
func (l *loader) mode() (m mode) {
	for _, k := range l.all {
		m.schema = m.schema || len(k.OpenAPI) > 0
		m.logs = m.logs || len(k.Vars) > 0
	}
	return m
}

// explain turns an error of krusty's into a Fault.
func (l *loader) explain(root *kust, v *view, err error) error {
	return &render.Fault{At: source.LineSpan(root.file, 1), Msg: v.plainError(err), Err: err}
}
