package gitops

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// params are what a generator gives one Application.
type params map[string]any

// set is an Argo CD ApplicationSet being read.
type set struct {
	*expander
	*manifest.Object
	ctx context.Context
	tpl *templater
}

// errTooMany stops a set that generates too much.
var errTooMany = errors.New("it generates more than " + strconv.Itoa(maxApps) + " applications")

// applicationSet gives the Applications that a set generates. Their nodes are
// the template's, so that each line leads to the set.
func (x *expander) applicationSet(ctx context.Context, n *node, o *manifest.Object) (out []*manifest.Object) {
	spec := o.At("spec")
	hint := "declare what it deploys as targets in .kustoms.yaml"
	s := &set{x, o, ctx, newTemplater(ctx, spec)}
	if spec.At("templatePatch").Exists() {
		x.note(n, o, spec.At("templatePatch"), hint, "templatePatch is not applied, so its applications are not known")
		return nil
	}
	for g := range spec.At("generators").Items() {
		all, err := s.generate(g, true)
		if err == nil && len(all)+len(out) > maxApps {
			err = errTooMany
		}
		if err != nil {
			x.note(n, o, g, hint, "%v: its applications are not rendered", err)
			continue
		}
		for _, p := range all {
			node, err := s.tpl.node(spec.At("template").Node(), p)
			if err != nil {
				x.note(n, o, spec.At("template"), hint, "template: %v", err)
				break
			}
			app := &manifest.Object{Doc: o.Doc, Node: node}
			app.Key = result.Key{APIVersion: o.Key.APIVersion, Kind: "Application", Namespace: o.Key.Namespace, Name: app.At("metadata", "name").Str()}
			out = append(out, app)
		}
	}
	return out
}

// generate gives the parameters of one generator. nested ones may be a matrix
// no more.
func (s *set) generate(g manifest.Place, nested bool) ([]params, error) {
	for _, field := range []string{"selector", "template"} {
		for kind, it := range g.Entries() {
			if kind == field && it.Exists() || it.At(field).Exists() && it.At(field).Len() > 0 {
				return nil, fmt.Errorf("%s of a generator is not followed", field)
			}
		}
	}
	switch {
	case g.At("list").Exists():
		return s.list(g.At("list"))
	case g.At("git", "directories").Exists():
		return s.directories(g.At("git"))
	case g.At("git", "files").Exists():
		return s.files(g.At("git"))
	case g.At("matrix").Exists() && nested:
		return s.matrix(g.At("matrix", "generators"))
	}
	kind := "of no kind"
	for k := range g.Entries() {
		kind = quote(k)
		break
	}
	return nil, fmt.Errorf("generator %s needs more than this repository", kind)
}

// matrix multiplies two generators; the second may use the parameters of the
// first.
func (s *set) matrix(gens manifest.Place) ([]params, error) {
	if gens.Len() != 2 {
		return nil, errors.New("a matrix has two generators")
	}
	first, err := s.generate(gens.At(0), false)
	if err != nil {
		return nil, err
	}
	var out []params
	for _, a := range first {
		n, err := s.tpl.node(gens.At(1).Node(), a)
		if err != nil {
			return nil, err
		}
		second, err := s.generate(s.PlaceOf(n, ""), false)
		if err != nil {
			return nil, err
		}
		if len(out)+len(second) > maxApps {
			return nil, errTooMany
		}
		for _, b := range second {
			p := maps.Clone(a)
			merge(p, b)
			out = append(out, p)
		}
	}
	return out, nil
}

func merge(into, from map[string]any) {
	for k, v := range from {
		a, okA := into[k].(map[string]any)
		if b, okB := v.(map[string]any); okA && okB {
			c := maps.Clone(a)
			merge(c, b)
			v = c
		}
		into[k] = v
	}
}

func (s *set) list(g manifest.Place) (out []params, err error) {
	if g.At("elementsYaml").Str() != "" {
		return nil, errors.New("elementsYaml is not followed")
	}
	if g.At("elements").Len() > maxApps {
		return nil, errTooMany
	}
	for it := range g.At("elements").Items() {
		p, err := paramsOf(it.Node())
		if err != nil {
			return nil, fmt.Errorf("list: an element is no mapping: %w", err)
		}
		if !s.tpl.golang {
			if p, err = flat(p); err != nil {
				return nil, err
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// paramsOf decodes a mapping, nil for none.
func paramsOf(n *yaml.Node) (params, error) {
	m := map[string]any{} // a type of its own would be that of every mapping below
	if n == nil {
		return m, nil
	}
	return m, n.Decode(&m)
}

// flat brings parameters to what the older templates know: texts, with dots
// between keys.
func flat(in params) (params, error) {
	out := params{}
	var walk func(prefix string, v any)
	walk = func(prefix string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, m := range v {
				walk(prefix+"."+k, m)
			}
		case []any:
			for i, m := range v {
				walk(prefix+"."+strconv.Itoa(i), m)
			}
		case nil:
			out[prefix] = ""
		default:
			out[prefix] = fmt.Sprint(v)
		}
	}
	for k, v := range in {
		walk(k, v)
	}
	return out, nil
}

var notName = regexp.MustCompile(`[^-a-z0-9.]+`)

// normalized makes a name of a path's part.
func normalized(s string) string {
	s = strings.ReplaceAll(strings.ToLower(s), "_", "-")
	s = notName.ReplaceAllString(s, "-")
	return strings.Trim(s[:min(len(s), 253)], "-.")
}

// at are the parameters that tell of a directory and, of a file in it.
func (s *set) at(dir, file string, values map[string]any) params {
	base := path.Base(dir)
	segments := strings.Split(dir, "/")
	p := params{}
	if !s.tpl.golang {
		p["path"], p["path.basename"], p["path.basenameNormalized"] = dir, base, normalized(base)
		for i, seg := range segments {
			p["path["+strconv.Itoa(i)+"]"] = seg
		}
		if file != "" {
			p["path.filename"], p["path.filenameNormalized"] = file, normalized(file)
		}
		for k, v := range values {
			p["values."+k] = v
		}
		return p
	}
	at := map[string]any{"path": dir, "basename": base, "basenameNormalized": normalized(base), "segments": segments}
	if file != "" {
		at["filename"], at["filenameNormalized"] = file, normalized(file)
	}
	p["path"] = at
	if values != nil {
		p["values"] = values
	}
	return p
}

// with adds a generator's own values, which may use its parameters.
func (s *set) with(p params, g manifest.Place) (params, error) {
	values := map[string]any{}
	for k, v := range g.At("values").Entries() {
		text, err := s.tpl.text(v.Str(), p)
		if err != nil {
			return nil, err
		}
		if s.tpl.golang {
			values[k] = text
		} else {
			p["values."+k] = text
		}
	}
	if s.tpl.golang && len(values) > 0 {
		p["values"] = values
	}
	return p, nil
}

// ours refuses a git generator of another repository.
func (s *set) ours(g manifest.Place) error {
	if u := g.At("repoURL").Str(); !s.is(u, true) {
		return fmt.Errorf("its git generator looks into %q, which is not this repository", u)
	}
	return nil
}

// directories lists the directories that the patterns take and none excludes;
// hidden ones never match.
func (s *set) directories(g manifest.Place) (out []params, err error) {
	if err := s.ours(g); err != nil {
		return nil, err
	}
	err = s.Repo.Walk(s.ctx, ".", func(p string, d fs.DirEntry) error {
		if !d.IsDir() {
			return nil
		}
		if strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		take := false
		for it := range g.At("directories").Items() {
			if ok, err := path.Match(it.At("path").Str(), p); err != nil {
				return fmt.Errorf("%q is not a glob", it.At("path").Str())
			} else if ok {
				if it.At("exclude").IsTrue() {
					return nil
				}
				take = true
			}
		}
		if take {
			if len(out) == maxApps {
				return errTooMany
			}
			q, err := s.with(s.at(p, "", nil), g)
			if err != nil {
				return err
			}
			out = append(out, q)
		}
		return nil
	})
	return out, err
}

// files reads parameters out of the files that the patterns take.
func (s *set) files(g manifest.Place) (out []params, err error) {
	if err := s.ours(g); err != nil {
		return nil, err
	}
	var found []string
	err = s.Repo.Walk(s.ctx, ".", func(p string, d fs.DirEntry) error {
		if d.IsDir() {
			return nil
		}
		take := false
		for it := range g.At("files").Items() {
			if ok, _ := doublestar.Match(it.At("path").Str(), p); ok && it.At("exclude").IsTrue() {
				return nil
			} else if ok {
				take = true
			}
		}
		if take {
			found = append(found, p)
		}
		return nil
	})
	if len(found) > maxApps {
		return nil, errTooMany
	}
	for _, f := range slices.Sorted(slices.Values(found)) {
		data, err := s.Repo.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("reading %q: %w", f, err)
		}
		d := manifest.Document{Text: data}
		if err := d.Parse(); err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		items := []*yaml.Node{d.Node}
		if d.Node != nil && d.Node.Kind == yaml.SequenceNode {
			items = d.Node.Content
		}
		for _, n := range items {
			p, err := paramsOf(n)
			if err != nil {
				return nil, fmt.Errorf("%s: parameters are no mapping: %w", f, err)
			}
			if !s.tpl.golang {
				if p, err = flat(p); err != nil {
					return nil, err
				}
			}
			merge(p, s.at(path.Dir(f), path.Base(f), nil))
			if p, err = s.with(p, g); err != nil {
				return nil, err
			}
			if out = append(out, p); len(out) > maxApps {
				return nil, errTooMany
			}
		}
	}
	return out, err
}
