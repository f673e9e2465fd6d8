package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Target declares one thing that the repository deploys: a chart, an overlay
// or plain manifests.
type Target struct {
	Name      string `yaml:"name" need:"required" doc:"Name in reports; unique."`
	Chart     Path   `yaml:"chart" doc:"Directory of a Helm chart."`
	Kustomize Path   `yaml:"kustomize" doc:"Directory of a Kustomize overlay."`
	Files     []Glob `yaml:"files" doc:"Globs of plain manifests."`
	Options   `yaml:",inline"`
	At        source.Span `yaml:"-"`
}

// Options says how a chart is rendered; namespace, kubeVersion and
// profile serve every kind of target.
type Options struct {
	Values      []Path   `yaml:"values" doc:"Values files, the later over the earlier. In a matrix {chart}, {name} and {env} stand for the chart's directory, the last part of it, and the environment."`
	Set         []string `yaml:"set" doc:"Values as key=value, as helm --set."`
	SetString   []string `yaml:"setString" doc:"String values as key=value, as helm --set-string."`
	SetFile     []string `yaml:"setFile" doc:"Values as key=path, as helm --set-file."`
	Release     string   `yaml:"release" doc:"Release name. Default: the last part of the chart's directory."`
	Namespace   string   `yaml:"namespace" doc:"Namespace that it is deployed to."`
	KubeVersion Version  `yaml:"kubeVersion" doc:"Kubernetes version, in place of the common one."`
	Profile     Profile  `yaml:"profile" doc:"The set of rules that are on here, in place of the common one."`
	APIVersions []string `yaml:"apiVersions" doc:"API versions that the cluster serves besides the built-in ones, for .Capabilities."`
	IncludeCRDs *bool    `yaml:"includeCRDs" doc:"Render the chart's crds directory. Default: true."`
	SkipTests   bool     `yaml:"skipTests" doc:"Leave test hooks out."`
}

// Matrix declares a target for each of its charts in each of its environments.
type Matrix struct {
	Charts       []Glob        `yaml:"charts" need:"required" doc:"Globs of chart directories."`
	Environments []Environment `yaml:"environments" need:"required" doc:"The environments that each chart is deployed to."`
	At           source.Span   `yaml:"-"`
}

// Environment is a column of a matrix. Values files that a chart does not have
// are left out; one that no chart has is an error.
type Environment struct {
	Name    string `yaml:"name" need:"required" doc:"Name of the environment; the target is named CHART@NAME."`
	Options `yaml:",inline"`
	At      source.Span `yaml:"-"`
}

// Discovers reports whether targets are looked for.
func (c *Config) Discovers() bool {
	if c.Discover != nil {
		return *c.Discover
	}
	return len(c.Targets) == 0 && len(c.Matrix) == 0
}

// Declared expands the declared targets against the repository, in order of
// declaration. The error joins all faults, each an *Error.
func (c *Config) Declared(ctx context.Context, repo *source.Repo) ([]result.Target, error) {
	x := expander{repo: repo, from: c.Path, seen: map[string]source.Span{}}
	if err := x.list(ctx, c); err != nil {
		return nil, err
	}
	for i := range c.Targets {
		x.target(&c.Targets[i])
	}
	for i := range c.Matrix {
		x.matrix(&c.Matrix[i])
	}
	return x.out, errors.Join(x.errs...)
}

type expander struct {
	repo   *source.Repo
	from   string
	files  []string // of the repository, if a glob asks for them
	charts []string // directories that hold a Chart.yaml
	seen   map[string]source.Span
	out    []result.Target
	errs   []error
}

// list walks the repository once, if any glob needs it.
func (x *expander) list(ctx context.Context, c *Config) error {
	needed := len(c.Matrix) > 0 || slices.ContainsFunc(c.Targets, func(t Target) bool { return len(t.Files) > 0 })
	if !needed {
		return nil
	}
	return x.repo.Walk(ctx, ".", func(p string, d fs.DirEntry) error {
		switch {
		case c.Excluded(p) && d.IsDir():
			return fs.SkipDir
		case c.Excluded(p) || d.IsDir():
		default:
			x.files = append(x.files, p)
			if d.Name() == "Chart.yaml" {
				x.charts = append(x.charts, path.Dir(p))
			}
		}
		return nil
	})
}

func (x *expander) fail(at source.Span, hint, format string, args ...any) {
	x.errs = append(x.errs, &Error{At: at, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

func (x *expander) add(at source.Span, t result.Target) {
	if first, ok := x.seen[t.Name]; ok {
		x.fail(at, "", "target %q is already declared on line %d", t.Name, first.Start.Line)
		return
	}
	x.seen[t.Name] = at
	t.From = x.from
	x.out = append(x.out, t)
}

func (x *expander) target(t *Target) {
	out := result.Target{Name: t.Name, KubeVersion: string(t.KubeVersion), Profile: string(t.Profile)}
	kinds := 0
	for _, set := range []bool{t.Chart != "", t.Kustomize != "", len(t.Files) > 0} {
		if set {
			kinds++
		}
	}
	if kinds != 1 {
		x.fail(t.At, "", "target %q: want exactly one of chart, kustomize and files", t.Name)
		return
	}
	if t.Chart == "" && t.Options.helmOnly() {
		x.fail(t.At, "of the options only namespace, kubeVersion and profile serve every kind of target", "target %q is no chart but has options of one", t.Name)
		return
	}
	switch {
	case t.Chart != "":
		out.Kind, out.Path = result.KindHelm, string(t.Chart)
		if !x.repo.Exists(path.Join(out.Path, "Chart.yaml")) {
			x.fail(t.At, "", "target %q: there is no chart in %q", t.Name, t.Chart)
			return
		}
		for _, v := range t.Values {
			if !x.repo.Exists(string(v)) {
				x.fail(t.At, "paths are relative to the root of the repository", "target %q: there is no values file %q", t.Name, v)
			}
		}
		out.Helm = t.Options.helm(out.Path, "", nil)
	case t.Kustomize != "":
		out.Kind, out.Path = result.KindKustomize, string(t.Kustomize)
		if !x.repo.IsDir(out.Path) {
			x.fail(t.At, "", "target %q: there is no directory %q", t.Name, t.Kustomize)
			return
		}
		out.Kustomize = &result.Kustomize{Namespace: t.Namespace}
	default:
		out.Kind, out.Path = result.KindPlain, "."
		for _, g := range t.Files {
			n := len(out.Files)
			for _, f := range x.files {
				if g.Match(f) {
					out.Files = append(out.Files, f)
				}
			}
			if len(out.Files) == n {
				x.fail(t.At, "", "target %q: no file matches %q", t.Name, g)
			}
		}
		slices.Sort(out.Files)
		out.Files = slices.Compact(out.Files)
		if len(out.Files) > 0 {
			out.Path = commonDir(out.Files)
		}
	}
	x.add(t.At, out)
}

func (x *expander) matrix(m *Matrix) {
	var charts []string
	for _, g := range m.Charts {
		n := len(charts)
		for _, c := range x.charts {
			if g.Match(c) && !slices.Contains(charts, c) {
				charts = append(charts, c)
			}
		}
		if len(charts) == n {
			x.fail(m.At, "a chart's directory holds a Chart.yaml", "matrix: no chart matches %q", g)
		}
	}
	slices.Sort(charts)
	for i := range m.Environments {
		e := &m.Environments[i]
		used := map[Path]bool{}
		for _, c := range charts {
			h := e.Options.helm(c, e.Name, func(pattern Path, file string) bool {
				ok := x.repo.Exists(file)
				used[pattern] = used[pattern] || ok
				return ok
			})
			x.add(e.At, result.Target{
				Name: c + "@" + e.Name, Kind: result.KindHelm, Path: c,
				Helm: h, KubeVersion: string(e.KubeVersion), Profile: string(e.Profile),
			})
		}
		for _, v := range e.Values {
			if len(charts) > 0 && !used[v] {
				x.fail(e.At, "paths are relative to the root of the repository; write {chart}/... for the chart's own", "environment %q: no chart has a values file %q", e.Name, v)
			}
		}
	}
}

// helmOnly reports whether an option is set that only charts have.
func (o *Options) helmOnly() bool {
	return len(o.Values)+len(o.Set)+len(o.SetString)+len(o.SetFile)+len(o.APIVersions) > 0 ||
		o.Release != "" || o.IncludeCRDs != nil || o.SkipTests
}

// helm is the rendering of the chart in dir with the placeholders of a matrix
// filled in. Values files for which keep answers no are left out.
func (o *Options) helm(dir, env string, keep func(pattern Path, file string) bool) *result.Helm {
	fill := func(s string) string { return s }
	if keep != nil {
		fill = strings.NewReplacer("{chart}", dir, "{name}", path.Base(dir), "{env}", env).Replace
	}
	h := &result.Helm{
		Set: fillAll(fill, o.Set), SetString: fillAll(fill, o.SetString), SetFile: fillAll(fill, o.SetFile),
		Release:   cmp.Or(fill(o.Release), path.Base(dir)),
		Namespace: fill(o.Namespace), APIVersions: o.APIVersions,
		SkipCRDs: o.IncludeCRDs != nil && !*o.IncludeCRDs, SkipTests: o.SkipTests,
	}
	for _, v := range o.Values {
		if f := path.Clean(fill(string(v))); keep == nil || keep(v, f) {
			h.ValueFiles = append(h.ValueFiles, f)
		}
	}
	return h
}

func fillAll(fill func(string) string, in []string) []string {
	var out []string
	for _, s := range in {
		out = append(out, fill(s))
	}
	return out
}

// commonDir is the deepest directory that holds all the files.
func commonDir(files []string) string {
	dir := path.Dir(files[0])
	for _, f := range files[1:] {
		for dir != "." && !strings.HasPrefix(f, dir+"/") {
			dir = path.Dir(dir)
		}
	}
	return dir
}
