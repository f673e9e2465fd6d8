package kustomize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// PostRender takes what a target rendered to through its post-renderers: each
// is a build of a kustomization whose only resource is the output before it. A
// chart's CRDs are installed apart and stay as they are, as do its hooks if
// the target says so. A line leads on through the map of the document that it
// came from; what a patch set leads to the patch.
func (r *Renderer) PostRender(ctx context.Context, t result.Target, out *render.Output) (*render.Output, error) {
	timeout, maxOutput := r.limits()
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the post-renderers took longer than %v", timeout))
	defer cancel()
	first, through, last := sortOut(t, out.Documents)
	for i := range t.PostRender {
		var err error
		if through, err = r.postRender(ctx, t, &t.PostRender[i], through, maxOutput); err != nil {
			return nil, err
		}
	}
	done := *out
	done.Documents = nil
	var text bytes.Buffer
	for _, d := range slices.Concat(first, through, last) {
		text.WriteString("---\n")
		c := &manifest.Document{Target: d.Target, Path: d.Path, Text: d.Text, Map: d.Map}
		c.Line = bytes.Count(text.Bytes(), []byte("\n")) + 1
		text.Write(d.Text)
		if !bytes.HasSuffix(d.Text, []byte("\n")) {
			text.WriteByte('\n')
		}
		done.Documents = append(done.Documents, c)
	}
	done.Text = text.Bytes()
	return &done, nil
}

// sortOut parts the documents that go through the post-renderers from those
// that are applied before and after them.
func sortOut(t result.Target, docs []*manifest.Document) (first, through, last []*manifest.Document) {
	for _, d := range docs {
		c := manifest.Document{Text: d.Text}
		if c.Parse() != nil || c.Node == nil {
			through = append(through, d)
			continue
		}
		switch annotations := child(child(c.Node, "metadata"), "annotations"); {
		case str(c.Node, "kind") == "CustomResourceDefinition" && strings.Contains("/"+d.Path, "/crds/"):
			first = append(first, d)
		case t.PostRenderApart && child(annotations, "helm.sh/hook") != nil:
			last = append(last, d)
		default:
			through = append(through, d)
		}
	}
	return first, through, last
}

// rendered is the text that a post-renderer reads, with the documents that it
// is made of.
type rendered struct {
	path   string
	lines  []string
	docs   []*manifest.Document
	starts []int // the first line of each document
}

func (r *Renderer) postRender(ctx context.Context, t result.Target, k *result.Kustomize, docs []*manifest.Document, maxOutput int) ([]*manifest.Document, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	dir := path.Join(t.Path, ".post-render")
	p := &rendered{path: path.Join(dir, "rendered.yaml"), docs: docs}
	var text bytes.Buffer
	line := 1
	for _, d := range docs {
		text.WriteString("---\n")
		p.starts = append(p.starts, line+1)
		text.Write(d.Text)
		if !bytes.HasSuffix(d.Text, []byte("\n")) {
			text.WriteByte('\n')
		}
		line = bytes.Count(text.Bytes(), []byte("\n")) + 1
	}
	p.lines = strings.Split(text.String(), "\n")
	step := *k
	step.Generate, step.Resources = true, []string{p.path}
	t.Kustomize = &step
	files := newFiles(ctx, r.Repo, maxInput)
	files.add(p.path, text.Bytes())
	e := newEdits(t, dir)
	out, err := overlay(ctx, t, newLoader(files, e, nil), dir, maxOutput)
	if err != nil {
		var f *render.Fault
		if errors.As(err, &f) {
			f.At, f.Msg = e.at, "post-renderer: "+strings.ReplaceAll(f.Msg, p.path, "the rendered chart")
		}
		return nil, err
	}
	for _, d := range out.Documents {
		d.Path = path.Join(t.Path, "Chart.yaml")
		m, lines := d.Map, strings.Split(string(d.Text), "\n")
		d.Map = srcmap.Lazy(func() []srcmap.Line {
			var all []srcmap.Line
			for i, text := range lines {
				all = append(all, p.lead(m.Line(i+1), text))
			}
			return all
		})
	}
	return out.Documents, nil
}

// document is the document that line n of the text is a line of, and which.
func (p *rendered) document(n int) (*manifest.Document, int) {
	i, ok := slices.BinarySearch(p.starts, n)
	if !ok {
		i--
	}
	if i < 0 {
		return nil, 0
	}
	return p.docs[i], n - p.starts[i] + 1
}

// lead takes the origins of a line beyond the text, to those of the documents.
func (p *rendered) lead(l srcmap.Line, text string) srcmap.Line {
	if len(l.Chain) == 1 && l.Chain[0].Path == p.path && l.Exact {
		if m, ok := p.same(l.Chain[0].Start.Line, text); ok {
			return m
		}
	}
	out := srcmap.Line{Exact: l.Exact}
	for _, o := range l.Chain {
		if o.Path != p.path {
			out.Chain = append(out.Chain, o)
			continue
		}
		d, n := p.document(o.Start.Line)
		if d == nil {
			continue
		}
		loc := d.LineOrigin(n)
		out.Exact = out.Exact && loc.Exact
		role := result.RoleResource
		if len(loc.Chain) > 0 {
			role = loc.Chain[0].Role
		}
		chain := slices.Clone(loc.Chain)
		if i := slices.IndexFunc(chain, func(o result.Origin) bool { return o.Span == loc.Primary }); i > 0 {
			first := chain[i]
			chain = slices.Insert(slices.Delete(chain, i, i+1), 0, first)
		} else if i < 0 && !loc.Primary.IsZero() {
			chain = slices.Insert(chain, 0, result.Origin{Span: loc.Primary, Role: role})
		}
		out.Chain = append(out.Chain, chain...)
	}
	return out
}

// same is the origin of a line that stands in the text as line n, but for
// indentation and quotes: what is known of its columns moves with it.
func (p *rendered) same(n int, text string) (srcmap.Line, bool) {
	d, i := p.document(n)
	if d == nil || n > len(p.lines) {
		return srcmap.Line{}, false
	}
	l := d.Map.Line(i)
	if len(l.Segments) == 0 {
		return l, len(l.Chain) > 0
	}
	from, old := valueOf(p.lines[n-1])
	to, now := valueOf(text)
	if strings.Trim(old, `"'`) != strings.Trim(now, `"'`) {
		return srcmap.Line{}, false
	}
	moved := slices.Clone(l.Segments)
	for i := range moved {
		moved[i].Col = max(1, moved[i].Col+to-from)
	}
	moved[0].Col = 1
	l.Segments = moved
	return l, true
}

// valueOf is the scalar behind the key or dash of a line, and where it starts,
// in code points.
func valueOf(line string) (at int, value string) {
	value = strings.TrimLeft(line, " ")
	for strings.HasPrefix(value, "- ") {
		value = strings.TrimLeft(value[2:], " ")
	}
	if i := strings.Index(value, ": "); i >= 0 {
		value = strings.TrimLeft(value[i+2:], " ")
	}
	at = utf8.RuneCountInString(line) - utf8.RuneCountInString(value)
	return at, strings.TrimRight(value, " \r")
}
