package policy

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/cel"
	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// Options say where policies are.
type Options struct {
	Repo *source.Repo
	// Files are configured: those of each entry, and whether it is for a
	// target.
	Files []File
	// Targets may hold policies when rendered, by Render.
	Targets []result.Target
	Render  func(context.Context, result.Target) (*render.Output, error)
	// Texts are the repository's manifests, for parameters that no target
	// renders.
	Texts []string
}

// File is a configured file of policies.
type File struct {
	Path string
	// For answers whether it is for the target; nil is for all.
	For func(target string) bool
}

// Gather reads and compiles all policies. A target that does not render holds
// none, and is for the run to report. The error joins what is wrong with
// configured files, each a Fault; or it is ctx's.
func Gather(ctx context.Context, opt Options) (*Set, error) {
	s := &Set{}
	for _, f := range opt.Files {
		og := &origin{path: f.Path, only: f.For, configured: true}
		data, err := opt.Repo.ReadFile(f.Path)
		if err != nil {
			return nil, err
		}
		s.read(og, f.Path, data)
		s.add(og)
	}
	for _, t := range opt.Targets {
		out, err := opt.Render(ctx, t)
		if cerr := ctx.Err(); cerr != nil {
			return nil, cerr
		}
		if err != nil {
			continue
		}
		og := &origin{target: t.Name, path: t.Path}
		for _, d := range out.Documents {
			if d.Parse() == nil && d.Node != nil {
				og.objects = append(og.objects, d.Objects()...)
			}
		}
		if slices.ContainsFunc(og.objects, isAdmission) {
			s.add(og)
		}
	}
	s.readParams(opt)
	return s, nil
}

// read takes the documents of a configured file: objects and shorthand.
func (s *Set) read(og *origin, path string, data []byte) {
	for _, c := range manifest.Split(data) {
		d := &manifest.Document{Path: path, Text: c.Text, Line: c.Line, Map: srcmap.Identity(path, c.Line)}
		if err := d.Parse(); err != nil {
			og.faults = append(og.faults, Fault{At: d.ErrSpan(err), Msg: "not valid YAML: " + err.Error()})
			continue
		}
		if d.Node == nil {
			continue
		}
		if objects := d.Objects(); len(objects) > 0 {
			og.objects = append(og.objects, objects...)
			continue
		}
		s.short(og, d)
	}
}

// readParams keeps of the repository's files the objects that may be
// parameters.
func (s *Set) readParams(opt Options) {
	kinds := map[cel.ParamKind]bool{}
	for _, d := range s.Definitions() {
		if k := d.ParamKind; k.Kind != "" {
			kinds[k] = true
		}
	}
	for _, p := range opt.Texts {
		if len(kinds) == 0 {
			return
		}
		data, err := opt.Repo.ReadFile(p)
		if err != nil || !mentions(data, kinds) {
			continue
		}
		for _, c := range manifest.Split(data) {
			d := &manifest.Document{Path: p, Text: c.Text, Line: c.Line, Map: srcmap.Identity(p, c.Line)}
			if !mentions(c.Text, kinds) || d.Parse() != nil || d.Node == nil {
				continue
			}
			for _, o := range d.Objects() {
				if kinds[cel.ParamKind{APIVersion: o.Key.APIVersion, Kind: o.Key.Kind}] && !strings.Contains(o.Key.Name, "{{") {
					s.files = append(s.files, o)
				}
			}
		}
	}
}

func mentions(text []byte, kinds map[cel.ParamKind]bool) bool {
	for k := range kinds {
		if bytes.Contains(text, []byte(k.Kind)) {
			return true
		}
	}
	return false
}
