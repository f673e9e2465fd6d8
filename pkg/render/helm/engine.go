package helm

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// engine executes templates as helm.sh/helm/v3/pkg/engine does; a test proves
// that both print the same. It exists because Helm's own cannot be stopped,
// bounded or made deterministic, parses a shared sub-chart anew for every
// chart, and cannot carry the marks that lead a line home. Safe for concurrent
// use.
type engine struct {
	plain, traced template.FuncMap
	free          template.FuncMap          // plain, without bounds
	trees         *recent[[32]byte, parsed] // by name and text
}

type parsed struct {
	trees map[string]*parse.Tree
	err   error
}

func newEngine() *engine {
	f := helmFuncs()
	// The second render makes what the first did, with marks: it needs no
	// bounds of its own.
	plain := maps.Clone(f)
	boundCalls(plain)
	return &engine{plain: plain, free: f, traced: markAware(f), trees: newRecent[[32]byte, parsed](maxKeptTrees)}
}

// name executes a template of a release's name.
func (e *engine) name(text string) (string, error) {
	t, err := template.New("name-template").Funcs(e.plain).Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, nil)
	return b.String(), err
}

// parse gives the trees of one template file: its own and its definitions'.
// Trees are read-only once parsed, so identical files of different charts
// share them; the name is part of the identity as errors print it.
func (e *engine) parse(name, text string) (map[string]*parse.Tree, error) {
	key := sha256.Sum256([]byte(name + "\x00" + text))
	p, ok := e.trees.find(key)
	if !ok {
		p.trees, p.err = parse.Parse(name, text, "", "", e.plain, builtins)
		p = e.trees.get(key, func() (parsed, int) { return p, len(text) })
	}
	return p.trees, p.err
}

// builtins are text/template's own functions, by name only: the parser wants
// to know them, the executor has them.
var builtins = func() map[string]any {
	m := map[string]any{}
	for _, n := range strings.Fields("and call html index slice js len not or print printf println urlquery eq ge gt le lt ne") {
		m[n] = true
	}
	return m
}()

// tmpl is one template file of a chart or sub-chart.
type tmpl struct {
	text string
	vals map[string]any
	base string // the chart's templates folder
}

// templates lists the template files of a chart and its sub-charts by full
// name, with the values that each sees.
func templates(c *chart.Chart, vals chartutil.Values) map[string]tmpl {
	out := map[string]tmpl{}
	collect(c, out, vals)
	return out
}

func collect(c *chart.Chart, out map[string]tmpl, vals chartutil.Values) map[string]any {
	sub := map[string]any{}
	next := map[string]any{
		"Chart": struct {
			chart.Metadata
			IsRoot bool
		}{*c.Metadata, c.IsRoot()},
		"Files":        newFiles(c.Files),
		"Release":      vals["Release"],
		"Capabilities": vals["Capabilities"],
		"Values":       make(chartutil.Values),
		"Subcharts":    sub,
	}
	if c.IsRoot() {
		next["Values"] = vals["Values"]
	} else if vs, err := vals.Table("Values." + c.Name()); err == nil {
		next["Values"] = vs
	}
	for _, child := range c.Dependencies() {
		sub[child.Name()] = collect(child, out, next)
	}
	id := c.ChartFullPath()
	library := strings.EqualFold(c.Metadata.Type, "library")
	for _, t := range c.Templates {
		if t == nil || (library && !strings.HasPrefix(path.Base(t.Name), "_")) {
			continue
		}
		out[path.Join(id, t.Name)] = tmpl{text: string(t.Data), vals: next, base: path.Join(id, "templates")}
	}
	return next
}

// run is one execution of a chart's templates.
type run struct {
	ctx     context.Context
	engine  *engine
	funcs   template.FuncMap
	root    *template.Template
	left    int // bytes of output still allowed
	writes  int
	nested  map[string]int // open includes by name
	depth   int
	stopped error                         // the limit that ended the run
	strings map[string]*template.Template // tpl texts without definitions
	traced  bool
	trace   *trace // of a traced run
}

// spend accounts for n bytes of output.
func (r *run) spend(n int) error {
	if r.left -= n; r.left < 0 {
		return limitErr("the output of one render; raise it with --max-render-size")
	}
	if r.writes++; r.writes%256 == 0 && r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	return nil
}

// render executes the templates and returns what each file but the partials
// printed. text gives the text to parse for a file, which may be marked.
func (e *engine) render(ctx context.Context, files map[string]tmpl, text func(name string) string, traced bool, maxOutput int, tr *trace) (out map[string]string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("rendering template failed: %v", p)
		}
	}()
	r := &run{
		ctx: ctx, engine: e, funcs: e.plain, left: maxOutput, traced: traced,
		nested: map[string]int{}, strings: map[string]*template.Template{},
	}
	if traced {
		r.funcs, r.trace = maps.Clone(e.traced), tr
		for _, name := range []string{"toYaml", "toYamlPretty"} {
			r.funcs[name] = tr.values.tracedYAML(e.free[name].(func(any) string))
		}
		r.funcs["fromYaml"] = tr.values.tracedFromYAML(e.free["fromYaml"].(func(string) map[string]any))
		for _, name := range []string{"omit", "pick", "deepCopy", "mustDeepCopy"} {
			r.funcs[name] = tr.values.partOf(r.funcs[name])
		}
		r.funcs[markFunc] = tr.values.probe
	}
	r.root = template.New("gotpl").Option("missingkey=zero")
	r.bind(r.root)

	// Helm's order: deeper folders first, so that a parent's definition
	// replaces its sub-chart's.
	names := slices.Collect(maps.Keys(files))
	slices.SortFunc(names, func(a, b string) int {
		if d := strings.Count(b, "/") - strings.Count(a, "/"); d != 0 {
			return d
		}
		return strings.Compare(b, a)
	})
	for _, name := range names {
		trees, err := e.parse(name, text(name))
		if err != nil {
			return nil, err
		}
		for def, tree := range trees {
			if _, err := r.root.AddParseTree(def, tree); err != nil {
				return nil, err
			}
		}
	}
	out = make(map[string]string, len(names))
	for _, name := range names {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		vals := files[name].vals
		vals["Template"] = chartutil.Values{"Name": name, "BasePath": files[name].base}
		w := &output{run: r}
		if err := r.root.ExecuteTemplate(w, name, vals); err != nil {
			return nil, err
		}
		out[name] = noValue(w.String())
	}
	return out, nil
}

// noValue is Helm's work-around: missingkey=zero prints "<no value>" for
// entries of maps of any.
func noValue(s string) string { return strings.ReplaceAll(s, "<no value>", "") }

// bind gives t the functions of this run.
func (r *run) bind(t *template.Template) {
	t.Funcs(r.funcs)
	r.rebind(t)
	t.Funcs(template.FuncMap{
		"required": func(warn string, v any) (any, error) {
			if v == nil {
				return v, &failure{strip(warn)}
			}
			if s, ok := v.(string); ok && s == "" {
				return v, &failure{strip(warn)}
			}
			return v, nil
		},
		"fail": func(msg string) (string, error) { return "", &failure{strip(msg)} },
	})
}

func (r *run) rebind(t *template.Template) {
	t.Funcs(template.FuncMap{"include": r.include(t), "tpl": r.tpl(t)})
}

// failure is a chart's own refusal to render: fail and required.
type failure struct{ msg string }

func (f *failure) Error() string { return f.msg }

func (r *run) enter() error {
	if r.depth++; r.depth > maxDepth {
		r.stopped = limitErr("templates include each other more than %d deep", maxDepth)
		return r.stopped
	}
	if r.depth%64 == 0 && r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	return nil
}

func (r *run) include(t *template.Template) func(string, any) (string, error) {
	return func(name string, data any) (string, error) {
		name = strip(name)
		if err := r.enter(); err != nil {
			return "", err
		}
		defer func() { r.depth-- }()
		if r.nested[name] > maxInclude {
			return "", fmt.Errorf("rendering template has a nested reference name: %s: unable to execute template", name)
		}
		r.nested[name]++
		defer func() { r.nested[name]-- }()
		w := &output{run: r}
		err := t.ExecuteTemplate(w, name, data)
		s := w.String()
		if r.traced && len(s) > 0 && strings.TrimSpace(strip(s)) == "" {
			s = strip(s) // marks alone must not make it true
		}
		if r.traced {
			r.trace.note(s)
		}
		return s, err
	}
}

func (r *run) tpl(parent *template.Template) func(string, any) (string, error) {
	return func(text string, vals any) (string, error) {
		if err := r.enter(); err != nil {
			return "", err
		}
		defer func() { r.depth-- }()
		if !strings.Contains(text, "{{") {
			return noValue(text), r.spend(len(text))
		}
		t, err := r.parseTpl(parent, text)
		if err != nil {
			return "", err
		}
		w := &output{run: r}
		if err := t.Execute(w, vals); err != nil {
			if r.stopped != nil {
				return "", r.stopped // wrapping it at every level costs more than the loop did
			}
			return "", fmt.Errorf("error during tpl function execution for %q: %w", short(strip(text)), err)
		}
		return noValue(w.String()), nil
	}
}

// parseTpl parses the text of a tpl call. A text without definitions is added
// to the run's own set under a name of its own, once; one that defines
// templates gets a copy of the set, as Helm gives each, so that what it
// defines is not seen outside.
func (r *run) parseTpl(parent *template.Template, text string) (*template.Template, error) {
	if parent == r.root {
		if t := r.strings[text]; t != nil {
			return t, nil
		}
	}
	trees, err := r.engine.parse(r.root.Name(), text)
	if err != nil {
		return nil, fmt.Errorf("cannot parse template %q: %w", short(strip(text)), err)
	}
	if parent == r.root && len(trees) <= 1 {
		tree := trees[r.root.Name()]
		if tree == nil { // nothing but comments
			tree = &parse.Tree{Name: r.root.Name(), Root: &parse.ListNode{NodeType: parse.NodeList}}
		}
		t, err := r.root.AddParseTree(fmt.Sprintf("%s#%d", r.root.Name(), len(r.strings)), tree)
		if err != nil {
			return nil, err
		}
		r.strings[text] = t
		return t, nil
	}
	set, err := parent.Clone()
	if err != nil {
		return nil, err
	}
	set.Option("missingkey=zero") // golang.org/issue/43022
	r.rebind(set)
	t := set.New(parent.Name())
	for def, tree := range trees {
		if def == r.root.Name() {
			def = parent.Name()
		}
		added, err := set.AddParseTree(def, tree)
		if err != nil {
			return nil, err
		}
		if def == parent.Name() {
			t = added
		}
	}
	return t, nil
}

func short(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}

// isLimit reports whether err is one of ours: a limit or the run's end.
func isLimit(err error) bool {
	return errors.Is(err, errLimit) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errTimeout)
}

var errTimeout = fmt.Errorf("rendering took too long: %w", context.DeadlineExceeded)
