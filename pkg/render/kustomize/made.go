package kustomize

import (
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// home leads the origins in files that the build made on to their own.
func (t *tracer) home(l srcmap.Line) srcmap.Line {
	l = t.lines(l)
	if len(t.made) == 0 || !slices.ContainsFunc(l.Chain, func(o result.Origin) bool { return t.made[o.Path] != nil }) {
		return l
	}
	out := srcmap.Line{Exact: l.Exact}
	for _, o := range l.Chain {
		m := t.made[o.Path]
		if m == nil {
			out.Chain = append(out.Chain, o)
			continue
		}
		os, exact := m.origins(o.Start.Line)
		out.Chain, out.Exact = append(out.Chain, os...), out.Exact && exact
	}
	return out
}

// madeFile is a file that the build made of rendered documents.
type madeFile struct {
	*render.Output
	columns map[int]int // of the last scalar of each line
}

func newMadeFile(out *render.Output) *madeFile {
	m := &madeFile{out, map[int]int{}}
	for _, d := range out.Documents {
		if d.Parse() != nil || d.Node == nil {
			continue
		}
		var walk func(n *yaml.Node)
		walk = func(n *yaml.Node) {
			if n.Kind == yaml.ScalarNode {
				m.columns[d.Line+n.Line-1] = n.Column
			}
			for _, c := range n.Content {
				walk(c)
			}
		}
		walk(d.Node)
	}
	return m
}

// origins leads a line of the file on to the templates and values.
func (m *madeFile) origins(line int) (out []result.Origin, exact bool) {
	i := slices.IndexFunc(m.Documents, func(d *manifest.Document) bool { return d.Line > line })
	if i < 0 {
		i = len(m.Documents)
	}
	if i == 0 {
		return nil, false
	}
	d := m.Documents[i-1]
	at := source.Pos{Line: line - d.Line + 1, Col: m.columns[line]}
	loc := d.Map.Locate(source.Span{Start: at}, true)
	if loc.Primary.Path == "" {
		return []result.Origin{{Span: source.LineSpan(d.Path, 1), Role: result.RoleTemplate}}, false
	}
	for _, o := range loc.Chain {
		if o.Span == loc.Primary {
			out = append([]result.Origin{o}, out...)
		} else {
			out = append(out, o)
		}
	}
	if len(out) == 0 || out[0].Span != loc.Primary {
		out = append([]result.Origin{{Span: loc.Primary, Role: result.RoleTemplate}}, out...)
	}
	return out, loc.Exact
}
