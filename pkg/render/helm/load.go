package helm

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/ignore"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Limits of one chart's sources.
const (
	maxChartFiles = 20_000
	maxChartBytes = 200 << 20
	maxChartDepth = 40
)

// What is kept for the charts that come next, in bytes of source text.
const (
	maxKeptFiles  = 12 << 20
	maxKeptValues = 2 << 20
	maxKeptTrees  = 3 << 20
	maxKeptMarked = 3 << 20
)

// chartFiles reads the files of chart directories through the repository, as
// Helm's directory loader would: .helmignore applies, links are followed (but
// never out of the repository). A chart that several targets render is read
// once. Safe for concurrent use.
type chartFiles struct {
	repo *source.Repo

	dirs   *recent[string, *dirFiles]
	layers *recent[string, *valuesLayer] // values.yaml files by path
}

type valuesLayer struct {
	once  sync.Once
	layer layer
}

type dirFiles struct {
	once  sync.Once
	reads source.Reads // of whoever uses the files, not only of who read them
	files []*loader.BufferedFile
	err   error
}

func newChartFiles(repo *source.Repo) *chartFiles {
	return &chartFiles{repo: repo, dirs: newRecent[string, *dirFiles](maxKeptFiles), layers: newRecent[string, *valuesLayer](maxKeptValues)}
}

func (c *chartFiles) read(ctx context.Context, dir string) ([]*loader.BufferedFile, error) {
	d := c.dirs.get(dir, func() (*dirFiles, int) { return &dirFiles{}, 0 })
	d.once.Do(func() {
		d.files, d.err = c.walk(source.Watch(ctx, &d.reads), dir)
		size := 0
		for _, f := range d.files {
			size += len(f.Data)
		}
		c.dirs.resize(dir, size)
	})
	c.repo.In(ctx).Joined(&d.reads)
	return d.files, d.err
}

func (c *chartFiles) walk(ctx context.Context, dir string) ([]*loader.BufferedFile, error) {
	repo := c.repo.In(ctx)
	rules := ignore.Empty()
	if data, err := repo.ReadFile(path.Join(dir, ignore.HelmIgnore)); err == nil {
		if rules, err = ignore.Parse(bytes.NewReader(data)); err != nil {
			return nil, &render.Fault{At: source.LineSpan(path.Join(dir, ignore.HelmIgnore), 1), Msg: fmt.Sprintf("reading .helmignore: %v", err), Err: err}
		}
	}
	rules.AddDefaults()
	var out []*loader.BufferedFile
	total := 0
	var walk func(rel string, depth int) error
	walk = func(rel string, depth int) error {
		if depth > maxChartDepth {
			return fmt.Errorf("chart folder %q is nested more than %d deep, or links to itself", rel, maxChartDepth)
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		entries, err := repo.ReadDir(path.Join(dir, rel))
		if err != nil {
			return err
		}
		for _, e := range entries {
			name := path.Join(rel, e.Name())
			full := path.Join(dir, name)
			info, err := repo.Stat(full)
			if err != nil {
				if e.Type()&fs.ModeSymlink != 0 {
					return &render.Fault{At: source.LineSpan(full, 1), Msg: fmt.Sprintf("a link in the chart leads nowhere it may: %v", err), Hint: "copy the file into the chart", Err: err}
				}
				return err
			}
			if rules.Ignore(name, info) {
				continue
			}
			switch {
			case info.IsDir():
				if err := walk(name, depth+1); err != nil {
					return err
				}
				continue
			case !info.Mode().IsRegular():
				return &render.Fault{At: source.LineSpan(full, 1), Msg: "cannot load an irregular file (a device, socket or pipe)"}
			}
			data, err := repo.ReadFile(full)
			if err != nil {
				return err
			}
			if total += len(data); total > maxChartBytes || len(out) >= maxChartFiles {
				return fmt.Errorf("the chart has more than %d files or %d MB: exclude what is no part of it in .helmignore", maxChartFiles, maxChartBytes>>20)
			}
			out = append(out, &loader.BufferedFile{Name: name, Data: bytes.TrimPrefix(data, []byte("\ufeff"))})
		}
		return nil
	}
	return out, walk("", 0)
}

// load builds the chart anew: rendering changes it. What is not vendored comes
// from charts, nil for none; where it stands is in the map, by Chart.yaml.
func (c *chartFiles) load(ctx context.Context, dir string, charts render.Charts) (*chart.Chart, map[*chart.File]file, error) {
	ch, err := c.parse(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	at := map[*chart.File]file{}
	if charts != nil {
		if err := c.complete(ctx, ch, dir, charts, at, 0); err != nil {
			return nil, nil, err
		}
		sortDependencies(ch)
	}
	return ch, at, installable(ch, source.LineSpan(path.Join(dir, "Chart.yaml"), 1))
}

// load is the target's chart: a directory, or an archive.
func (r *Renderer) load(ctx context.Context, t result.Target) (*chart.Chart, map[*chart.File]file, error) {
	if t.Helm == nil || t.Helm.Packed == nil {
		return r.charts.load(ctx, t.Path, r.Charts)
	}
	ch, err := unpackChart(t.Helm.Packed)
	if err != nil {
		return nil, nil, &render.Fault{At: t.At, Msg: fmt.Sprintf("the archive of %q is no chart: %v", t.Name, err), Err: err}
	}
	at := map[*chart.File]file{}
	if f := chartFile(ch); f != nil {
		at[f] = file{path: t.At.Path, packed: true, line: t.At.Start.Line}
	}
	return ch, at, installable(ch, t.At)
}

// chartPlace is where the target's chart has a file, or the line that names
// the chart if that is an archive.
func chartPlace(t result.Target, name string) source.Span {
	if t.Helm != nil && t.Helm.Packed != nil {
		return t.At
	}
	return source.LineSpan(path.Join(t.Path, name), 1)
}

// parse loads the chart as it stands.
func (c *chartFiles) parse(ctx context.Context, dir string) (*chart.Chart, error) {
	files, err := c.read(ctx, dir)
	if err != nil {
		return nil, err
	}
	ch, err := loader.LoadFiles(files)
	if err != nil {
		return nil, chartFault(dir, files, err)
	}
	sortDependencies(ch)
	return ch, nil
}

// sortDependencies undoes the random order in which Helm's loader finds
// sub-charts; it decides the order of their CRDs.
func sortDependencies(ch *chart.Chart) {
	deps := slices.Clone(ch.Dependencies())
	slices.SortFunc(deps, func(a, b *chart.Chart) int { return strings.Compare(a.Name(), b.Name()) })
	ch.SetDependencies(deps...)
	for _, d := range deps {
		sortDependencies(d)
	}
}

// installable is what `helm template` asks of a chart before rendering.
func installable(ch *chart.Chart, at source.Span) error {
	if t := ch.Metadata.Type; t != "" && t != "application" {
		return &render.Fault{At: at, Msg: fmt.Sprintf("charts of type %q are not installable", t)}
	}
	have := map[string]bool{}
	for _, d := range ch.Dependencies() {
		have[d.Name()] = true
	}
	var missing []string
	for _, d := range ch.Metadata.Dependencies {
		if d != nil && !have[d.Name] {
			missing = append(missing, fmt.Sprintf("%s %s from %s", d.Name, d.Version, orElse(d.Repository, "charts/")))
		}
	}
	if len(missing) > 0 {
		return &render.Fault{
			At:   at,
			Msg:  fmt.Sprintf("chart dependencies are missing in charts/: %s", strings.Join(missing, "; ")),
			Hint: fmt.Sprintf("fetch them first: helm dependency build %s", path.Dir(at.Path)),
		}
	}
	return nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// chartFault finds the file that Helm's loader speaks of.
func chartFault(dir string, files []*loader.BufferedFile, err error) error {
	at := source.LineSpan(path.Join(dir, "Chart.yaml"), 1)
	for _, name := range []string{"values.yaml", "Chart.lock", "requirements.yaml", "requirements.lock"} {
		if strings.Contains(err.Error(), "cannot load "+name) {
			at = source.LineSpan(path.Join(dir, name), yamlErrorLine(err))
			if !slices.ContainsFunc(files, func(f *loader.BufferedFile) bool { return f.Name == name }) {
				// A sub-chart's: its path is in the message.
				at = source.LineSpan(path.Join(dir, "Chart.yaml"), 1)
			}
		}
	}
	return &render.Fault{At: at, Msg: fmt.Sprintf("loading chart: %v", err), Err: err}
}

// layer parses a chart's values.yaml with positions, once for all targets.
func (c *chartFiles) layer(sub subChart) layer {
	l := c.layers.get(sub.source.path, func() (*valuesLayer, int) { return &valuesLayer{}, 0 })
	l.once.Do(func() {
		for _, f := range sub.chart.Raw {
			if f.Name == "values.yaml" {
				l.layer = newLayer(f.Data, sub.source.path, nil)
				c.layers.resize(sub.source.path, len(f.Data))
			}
		}
	})
	return l.layer
}
