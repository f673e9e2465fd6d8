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
	"strings"
	"sync"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// Limits of one build.
const (
	maxInput  = 128 << 20 // bytes of files read
	maxOutput = 64 << 20  // bytes printed
	maxTime   = 2 * time.Minute
)

var errInput = errors.New("the build reads too much")

// Renderer builds overlays of Repo.
type Renderer struct {
	Repo *source.Repo
}

// Render builds the overlay t.Path as `kustomize build` does, with what
// t.Kustomize adds. The stages after the build are the caller's.
func (r *Renderer) Render(ctx context.Context, t result.Target) (*render.Output, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxTime, fmt.Errorf("the build took longer than %v", maxTime))
	defer cancel()
	dir, err := r.Repo.Resolve(t.Path)
	if err != nil {
		return nil, &render.Fault{At: source.LineSpan(t.Path, 0), Msg: fmt.Sprintf("reading overlay: %v", err), Err: err}
	}
	l := newLoader(newFiles(ctx, r.Repo, maxInput), newEdits(t, dir))
	root, err := l.load(dir, nil, source.LineSpan(t.Path, 0), false, 0)
	if err != nil {
		return nil, err
	}
	v := newView(l.files)
	lay := l.lay(v)
	b := build(ctx, v, dir, l.setsSchema(), true)
	if b.err != nil && ctx.Err() == nil {
		// Its message must be that of the files as they are.
		v = newView(l.files)
		if root.edited != nil {
			if data, err := yaml.Marshal(root.fields); err == nil {
				v.add(root.file, data)
			}
		}
		b = build(ctx, v, dir, l.setsSchema(), true)
	}
	if b.err != nil {
		return nil, l.explain(root, v, b.err)
	}
	if len(b.text) > maxOutput {
		return nil, &render.Fault{At: source.LineSpan(root.file, 1), Msg: fmt.Sprintf("the build prints %d MB, more than %d", len(b.text)>>20, maxOutput>>20)}
	}
	out := &render.Output{Text: b.text, Warnings: b.warnings}
	tr := newTracer(l, lay)
	objects := b.resources.Resources()
	for i, c := range manifest.Split(b.text) {
		d := &manifest.Document{Target: t.Name, Path: root.file, Text: c.Text, Line: c.Line}
		if i < len(objects) {
			node := objects[i].YNode()
			d.Map = srcmap.Lazy(func() []srcmap.Line { return tr.document(c.Text, node) })
		}
		d.Written = sync.OnceValue(func() string { return r.written(d) })
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
func (r *Renderer) written(d *manifest.Document) string {
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
			data, err := r.Repo.ReadFile(o.Path)
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

// setsSchema reports whether a kustomization of the build brings an OpenAPI
// schema.
func (l *loader) setsSchema() bool {
	for _, k := range l.all {
		if len(k.OpenAPI) > 0 {
			return true
		}
	}
	return false
}

// explain turns an error of krusty's into a Fault.
func (l *loader) explain(root *kust, v *view, err error) error {
	return &render.Fault{At: source.LineSpan(root.file, 1), Msg: v.plainError(err), Err: err}
}
