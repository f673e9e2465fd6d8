// Package helm renders charts as `helm template --include-crds` does, byte for
// byte but for what Helm makes random, and traces every line home. It is the
// only package that knows Helm.
//
// A chart is executed twice. The first render is the truth. The second runs
// the same templates with marks in their text and in the values (mark.go,
// taint.go), through functions that see past marks (aware.go); stripped of its
// marks it must equal the first, and where a line does, the marks on it say
// which template lines and values made it (trace.go). Where it does not, the
// nearest line that does answers, as inexact.
package helm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
	"github.com/kustoms-dev/kustoms/pkg/srcmap"
)

// Renderer renders charts of a repository. The zero value of a limit is its
// default. Safe for concurrent use; what charts share is read and parsed once.
type Renderer struct {
	Repo *source.Repo
	// KubeVersion for targets that set none ("v1.34.0").
	KubeVersion string
	// Timeout and MaxOutput (bytes) bound one render.
	Timeout   time.Duration
	MaxOutput int
	// Charts gives dependencies that are not vendored. Without it, such charts
	// do not render, as in `helm template`, "file://" or not.
	Charts render.Charts

	once   sync.Once
	engine *engine
	marker *marker
	charts *chartFiles
}

func (r *Renderer) init() {
	r.once.Do(func() {
		// Helm's libraries print there of values they merge, without saying
		// whose; nobody else uses it.
		log.SetOutput(io.Discard)
		r.engine, r.marker, r.charts = newEngine(), newMarker(), newChartFiles(r.Repo)
	})
}

// Render renders the target's chart. A chart that does not render is a
// *render.Fault with the line at fault.
func (r *Renderer) Render(ctx context.Context, t result.Target) (*render.Output, error) {
	r.init()
	timeout := r.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	type done struct {
		out *render.Output
		err error
	}
	// A template may loop without printing, which nothing can stop: it is left
	// behind when its time is up.
	ch := make(chan done, 1)
	go func() {
		out, err := r.render(ctx, t)
		ch <- done{out, err}
	}()
	select {
	case d := <-ch:
		if d.err != nil && errors.Is(d.err, errTimeout) {
			return nil, r.tooLong(t, timeout)
		}
		return d.out, d.err
	case <-ctx.Done():
		select {
		case d := <-ch:
			if d.err == nil {
				return d.out, nil
			}
		default:
		}
		if errors.Is(context.Cause(ctx), errTimeout) {
			return nil, r.tooLong(t, timeout)
		}
		return nil, context.Cause(ctx)
	}
}

func (r *Renderer) tooLong(t result.Target, limit time.Duration) error {
	return &render.Fault{
		At:  chartPlace(t, "Chart.yaml"),
		Msg: fmt.Sprintf("rendering took longer than %s: a template loops, or the chart is very large", limit),
		Err: errTimeout, Hint: "look for range over a large number; raise the limit with --render-timeout",
	}
}

// job is one render of one target.
type job struct {
	*Renderer
	target   result.Target
	chart    *chart.Chart
	layers   []layer              // of the target, strongest first
	added    map[*chart.File]file // Chart.yaml → where a chart that is not vendored stands
	sources  map[string]file      // template or CRD full name → where it stands
	subs     map[string]subChart  // values prefix → sub-chart
	warnings []string
}

type subChart struct {
	chart  *chart.Chart
	source file // its values.yaml
}

// file is where a chart's file stands in the repository. A file inside a
// packaged chart has the package's path and no lines of its own.
type file struct {
	path   string
	packed bool
	line   int // of a packed one; 0 is the first
}

func (r *Renderer) render(ctx context.Context, t result.Target) (*render.Output, error) {
	ch, added, err := r.load(ctx, t)
	if err != nil {
		return nil, err
	}
	j := &job{Renderer: r, target: t, chart: ch, added: added}
	vals, layers, err := r.userValues(ctx, t, ch)
	if err != nil {
		return nil, err
	}
	j.layers = layers
	caps, err := j.capabilities()
	if err != nil {
		return nil, err
	}
	top, err := j.values(vals, caps)
	if err != nil {
		return nil, err
	}
	j.locate()
	maxOutput := r.MaxOutput
	if maxOutput <= 0 {
		maxOutput = DefaultMaxOutput
	}
	files := templates(ch, top)
	plain, err := r.engine.render(ctx, files, func(name string) string { return files[name].text }, false, maxOutput, nil)
	if err != nil {
		return nil, j.fault(err)
	}
	tr := j.trace(ctx, top, plain, maxOutput*4)
	out, err := j.assemble(plain, tr)
	if err != nil {
		return nil, err
	}
	out.KubeVersion = caps.KubeVersion.Version
	out.Warnings = j.warnings
	return out, nil
}

func (j *job) capabilities() (*chartutil.Capabilities, error) {
	caps := chartutil.DefaultCapabilities.Copy()
	if v := orElse(j.target.KubeVersion, j.KubeVersion); v != "" {
		kv, err := chartutil.ParseKubeVersion(v)
		if err != nil {
			return nil, &render.Fault{At: j.target.At, Msg: fmt.Sprintf("invalid Kubernetes version %q: %v", v, err), Hint: "write it as 1.34 or v1.34.0", Err: err}
		}
		caps.KubeVersion = *kv
	}
	if h := j.target.Helm; h != nil {
		caps.APIVersions = append(caps.APIVersions, h.APIVersions...)
	}
	want := j.chart.Metadata.KubeVersion
	if want != "" && !chartutil.IsCompatibleRange(want, caps.KubeVersion.String()) {
		return nil, &render.Fault{
			At:   chartPlace(j.target, "Chart.yaml"),
			Msg:  fmt.Sprintf("chart requires kubeVersion %s, which Kubernetes %s is not", want, caps.KubeVersion.String()),
			Hint: "set the version that you deploy to with --kube-version, or kubeVersion of the target",
		}
	}
	return caps, nil
}

// values are what templates see: Helm's order of events is dependencies
// (conditions, tags, import-values), coalescing, schema.
func (j *job) values(vals map[string]any, caps *chartutil.Capabilities) (chartutil.Values, error) {
	at := chartPlace(j.target, "Chart.yaml")
	if err := chartutil.ProcessDependenciesWithMerge(j.chart, vals); err != nil {
		return nil, &render.Fault{At: at, Msg: fmt.Sprintf("processing dependencies: %v", err), Err: err}
	}
	opts := chartutil.ReleaseOptions{Name: "release-name", Namespace: "default", Revision: 1, IsInstall: true}
	h := j.target.Helm
	if h == nil {
		h = &result.Helm{}
	}
	opts.Name = orElse(h.Release, opts.Name)
	if h.NameTemplate != "" {
		name, err := j.engine.name(h.NameTemplate)
		if err == nil && h.Release != "" {
			err = errors.New("a release name is given too")
		}
		if err != nil {
			return nil, &render.Fault{At: j.target.At, Msg: fmt.Sprintf("name template %q: %v", h.NameTemplate, err), Err: err}
		}
		opts.Name = name
	}
	opts.Namespace = orElse(h.Namespace, opts.Namespace)
	if err := chartutil.ValidateReleaseName(opts.Name); err != nil {
		return nil, &render.Fault{At: j.target.At, Msg: fmt.Sprintf("release name %q: %v", opts.Name, err), Err: err}
	}
	top, err := chartutil.ToRenderValuesWithSchemaValidation(j.chart, vals, opts, caps, true)
	if err != nil {
		return nil, &render.Fault{At: at, Msg: fmt.Sprintf("merging values: %v", err), Err: err}
	}
	if !h.SkipSchema {
		warnings, err := validate(j.chart, top["Values"].(chartutil.Values))
		j.warnings = append(j.warnings, warnings...)
		if err != nil {
			return nil, &render.Fault{At: chartPlace(j.target, "values.schema.json"), Msg: err.Error(), Hint: "the values do not fit the chart's schema: add the values file that is deployed", Err: err}
		}
	}
	if j.chart.Metadata.Deprecated {
		j.warnings = append(j.warnings, "this chart is deprecated")
	}
	return top, nil
}

// locate finds where each chart file stands.
func (j *job) locate() {
	j.sources, j.subs = map[string]file{}, map[string]subChart{}
	var visit func(ch *chart.Chart, in *tree, at file, prefix string)
	visit = func(ch *chart.Chart, in *tree, where file, prefix string) {
		at := func(name string) file {
			if where.packed {
				return where
			}
			return file{path: path.Join(where.path, name)}
		}
		for _, t := range ch.Templates {
			j.sources[path.Join(ch.ChartFullPath(), t.Name)] = at(t.Name)
		}
		for _, f := range ch.Files {
			if strings.HasPrefix(f.Name, "crds/") {
				j.sources[path.Join(ch.ChartFullPath(), f.Name)] = at(f.Name)
			}
		}
		j.subs[prefix] = subChart{ch, at("values.yaml")}
		if h := j.target.Helm; h != nil && h.NoDefaults && prefix == "" {
			j.subs[prefix] = subChart{ch, file{packed: true}} // its lines set nothing
		}
		for _, d := range ch.Dependencies() {
			sub, below := where, in
			if added, ok := j.added[chartFile(d)]; ok {
				sub = added
				if !added.packed {
					below = j.tree(added.path)
				}
			} else if !where.packed {
				sub.path, sub.packed = in.subDir(where.path, d, ch)
			}
			visit(d, below, sub, join(prefix, d.Name()))
		}
	}
	if at, ok := j.added[chartFile(j.chart)]; ok {
		visit(j.chart, &tree{}, at, "")
		return
	}
	visit(j.chart, j.tree(j.target.Path), file{path: j.target.Path}, "")
}

// tree is a chart's directory, and the files in it.
type tree struct {
	dir   string
	known map[string]bool // below dir
}

func (j *job) tree(dir string) *tree {
	t := &tree{dir, map[string]bool{}}
	if files, err := j.charts.read(context.Background(), dir); err == nil {
		for _, f := range files {
			t.known[f.Name] = true
		}
	}
	return t
}

// subDir is the folder of a sub-chart, or the package that holds it. An alias
// renames the chart, so its folder is found by its Chart.yaml.
func (t *tree) subDir(dir string, d, parent *chart.Chart) (string, bool) {
	names := []string{d.Name()}
	for _, dep := range parent.Metadata.Dependencies {
		if dep != nil && dep.Alias == d.Name() {
			names = append(names, dep.Name)
		}
	}
	rel := strings.TrimPrefix(strings.TrimPrefix(dir, t.dir), "/")
	for _, n := range names {
		if t.known[path.Join(rel, "charts", n, "Chart.yaml")] {
			return path.Join(dir, "charts", n), false
		}
	}
	for _, n := range names {
		p := path.Join(rel, "charts", fmt.Sprintf("%s-%s.tgz", n, d.Metadata.Version))
		if t.known[p] {
			return path.Join(t.dir, p), true
		}
	}
	// A folder or package with a name of its own: any that holds this chart.
	for f := range t.known {
		if sub, ok := strings.CutPrefix(f, path.Join(rel, "charts")+"/"); ok && strings.HasSuffix(sub, ".tgz") && !strings.Contains(sub, "/") {
			for _, n := range names {
				if strings.HasPrefix(sub, n+"-") {
					return path.Join(t.dir, f), true
				}
			}
		}
	}
	return dir, true
}

var errAt = regexp.MustCompile(`^(?:template: )?(?:parse error at \()?([^\s:]+):(\d+)(?::\d+)?\)?: `)

// fault says where in the repository a template error is. Its first position
// is the innermost executed file's, the last the real culprit's; the error of
// an included helper names each step.
func (j *job) fault(err error) error {
	if isLimit(err) && !errors.Is(err, errTimeout) {
		return &render.Fault{At: j.at(err), Msg: fmt.Sprintf("rendering stopped: %v", lastCause(err)), Err: err}
	}
	if errors.Is(err, errTimeout) {
		return err
	}
	var own *failure
	if errors.As(err, &own) {
		return &render.Fault{At: j.at(err), Msg: fmt.Sprintf("the chart refuses to render: %s", own.msg), Hint: "add the values file that is deployed, as a target in .kustoms.yaml", Err: err}
	}
	return &render.Fault{At: j.at(err), Msg: fmt.Sprintf("template does not render: %v", lastCause(err)), Err: err}
}

var position = regexp.MustCompile(`([^\s:"(]+\.(?:ya?ml|tpl|txt|json)[^\s:"(]*):(\d+)`)

// at is the innermost position in the error that is a file of the chart.
func (j *job) at(err error) source.Span {
	all := position.FindAllStringSubmatch(err.Error(), -1)
	for i := len(all) - 1; i >= 0; i-- {
		if f, ok := j.sources[all[i][1]]; ok {
			n, _ := strconv.Atoi(all[i][2])
			if f.packed {
				n = f.line
			}
			return source.LineSpan(f.path, max(n, 1))
		}
	}
	return chartPlace(j.target, "Chart.yaml")
}

// lastCause is the end of a template error's chain of "executing … at <…>: ".
func lastCause(err error) string {
	s := err.Error()
	if i := strings.LastIndex(s, ">: "); i >= 0 {
		s = s[i+3:]
	}
	s = errAt.ReplaceAllString(s, "")
	return strings.TrimSpace(strings.ReplaceAll(s, "\n", " "))
}

// manifests sorts what the templates printed as Helm does. The order decides
// what is applied first, and where documents stand in the output.
func (j *job) assemble(plain map[string]string, tr *trace) (*render.Output, error) {
	for name := range plain {
		if strings.HasSuffix(name, "NOTES.txt") {
			delete(plain, name)
		}
	}
	manifests, hooks, err := ordered(plain, func(name string, c chunk) *manifest.Document {
		d := &manifest.Document{
			Target: j.target.Name, Path: j.sources[name].path, Text: []byte(c.text), Line: 1,
			Map: srcmap.New(tr.lines(name, c.line, c.text)),
		}
		_ = d.Parse() // whoever needs the nodes sees the error
		return d
	})
	if err != nil {
		return nil, j.unsorted(err)
	}
	h := j.target.Helm
	if h == nil {
		h = &result.Helm{}
	}
	p := &printer{job: j, line: 1}
	if !h.SkipCRDs {
		for _, crd := range j.chart.CRDObjects() {
			p.crd(crd)
		}
	}
	for _, m := range manifests {
		p.document(m)
	}
	p.endManifests()
	for _, m := range hooks {
		if !h.SkipHooks && (!h.SkipTests || !m.head.test) {
			p.document(m)
		}
	}
	out := &render.Output{Documents: p.docs, Text: []byte(p.text.String()), Coverage: tr.coverage()}
	return out, nil
}

// unsorted names the source line of the document that Helm could not sort.
func (j *job) unsorted(err error) error {
	var se *sortError
	if !errors.As(err, &se) {
		return err
	}
	d := se.entry.doc
	if perr := d.Parse(); perr != nil {
		return &render.Fault{At: d.ErrSpan(perr), Msg: fmt.Sprintf("template %s prints invalid YAML: %v", path.Base(se.file), perr), Err: err}
	}
	return &render.Fault{At: d.Locate(1, 0).Primary, Msg: cleanYAML(se).Error(), Err: err}
}
