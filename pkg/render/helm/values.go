package helm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/strvals"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// layer is one file of values, parsed with positions.
type layer struct {
	path string
	root *manifest.Object
	text []string
	// inline says where the lines stand; nil for a file.
	inline *result.Inline
}

// userValues merges what the target sets over the chart's own values, in
// Helm's order, and returns the layers that have lines, strongest first.
func (r *Renderer) userValues(ctx context.Context, t result.Target, ch *chart.Chart) (map[string]any, []layer, error) {
	h, repo := t.Helm, r.Repo.In(ctx)
	if h == nil {
		return map[string]any{}, nil, nil
	}
	vals := map[string]any{}
	var layers []layer
	add := func(data []byte, at string, in *result.Inline) error {
		m := map[string]any{}
		if err := sigsyaml.Unmarshal(data, &m); err != nil {
			line := source.LineSpan(at, yamlErrorLine(err))
			if in != nil {
				line = in.Line(yamlErrorLine(err) - 1)
			}
			return &render.Fault{At: line, Msg: fmt.Sprintf("values are not valid YAML: %v", cleanYAML(err)), Err: err}
		}
		vals = mergeMaps(vals, m)
		layers = append([]layer{newLayer(data, at, in)}, layers...)
		return nil
	}
	for _, f := range h.ValueFiles {
		data, err := repo.ReadFile(f)
		if err != nil {
			return nil, nil, &render.Fault{At: t.At, Msg: fmt.Sprintf("reading values file %q: %v", f, err), Hint: "check the path; it is relative to the repository", Err: err}
		}
		if err := add(data, f, nil); err != nil {
			return nil, nil, err
		}
	}
	if h.NoDefaults {
		// They are the chart's values, so a null among them is one.
		ch.Values, vals = vals, map[string]any{}
	}
	for i := range h.Inline {
		in := &h.Inline[i]
		if in.Path == "" {
			if err := add([]byte(in.Text), in.At.Path, in); err != nil {
				return nil, nil, err
			}
			continue
		}
		set, one := strvals.ParseInto, map[string]any{}
		if in.String {
			set = strvals.ParseIntoString
		}
		expr := in.Path + "=" + in.Text
		if err := errors.Join(set(expr, vals), set(expr, one)); err != nil {
			return nil, nil, &render.Fault{At: in.At, Msg: fmt.Sprintf("setting the value %q: %v", in.Path, err), Err: err}
		}
		if text, err := yaml.Marshal(one); err == nil {
			at := *in
			at.Lines = []source.Span{in.At}
			layers = append([]layer{newLayer(text, in.At.Path, &at)}, layers...)
		}
	}
	fault := func(kind, v string, err error) error {
		return &render.Fault{At: t.At, Msg: fmt.Sprintf("parsing %s %q: %v", kind, v, err), Err: err}
	}
	for _, v := range h.Set {
		if err := strvals.ParseInto(v, vals); err != nil {
			return nil, nil, fault("set", v, err)
		}
	}
	for _, v := range h.SetString {
		if err := strvals.ParseIntoString(v, vals); err != nil {
			return nil, nil, fault("setString", v, err)
		}
	}
	for _, v := range h.SetFile {
		read := func(p []rune) (any, error) {
			data, err := repo.ReadFile(path.Clean(string(p)))
			return string(data), err
		}
		if err := strvals.ParseIntoFile(v, vals, read); err != nil {
			return nil, nil, fault("setFile", v, err)
		}
	}
	return vals, layers, nil
}

// mergeMaps puts b over a, as Helm merges values files: a null in b stays, and
// takes the chart's default out.
func mergeMaps(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	for k, v := range b {
		if bv, ok := v.(map[string]any); ok {
			if av, ok := out[k].(map[string]any); ok {
				out[k] = mergeMaps(av, bv)
				continue
			}
		}
		out[k] = v
	}
	return out
}

func newLayer(data []byte, at string, in *result.Inline) layer {
	l := layer{path: at, inline: in, text: strings.Split(string(data), "\n")}
	d := &manifest.Document{Text: data}
	if err := d.Parse(); err == nil && d.Node != nil {
		l.root = &manifest.Object{Doc: d, Node: d.Node}
	}
	return l
}

// at finds the line of a values path in the layer, if it holds that very
// value there. part is the line of a value of several lines, 0-based.
func (l layer) at(steps []string, value string, part int) (source.Span, bool) {
	if l.root == nil || l.inline != nil && l.inline.Line(0).Start.Line < 1 {
		return source.Span{}, false
	}
	p := l.root.Root()
	for _, s := range steps {
		if i, ok := strings.CutPrefix(s, "#"); ok {
			n, _ := strconv.Atoi(i)
			p = p.At(n)
		} else {
			p = p.At(s)
		}
	}
	n := p.Node()
	if n == nil || n.Kind != yaml.ScalarNode || !sameScalar(n, value) {
		return source.Span{}, false
	}
	line := n.Line
	if n.Style&(yaml.LiteralStyle) != 0 && strings.Contains(value, "\n") {
		line += 1 + part
	}
	s := source.LineSpan(l.path, line)
	if l.inline != nil {
		if s = l.inline.Line(line - 1); len(l.inline.Lines) > 0 {
			return s, true // the columns of Text are not the file's
		}
	}
	if line == n.Line {
		s.Start.Col = n.Column
		if line-1 < len(l.text) {
			s.End.Col = len([]rune(strings.TrimRight(l.text[line-1], " \r"))) + 1
		}
	}
	return s, true
}

// sameScalar compares a scalar as written with a value as Go prints it.
func sameScalar(n *yaml.Node, value string) bool {
	if n.Value == value {
		return true
	}
	var v any
	if n.Tag == "!!str" || n.Decode(&v) != nil {
		return false
	}
	if fmt.Sprint(v) == value {
		return true
	}
	a, errA := strconv.ParseFloat(fmt.Sprint(v), 64)
	b, errB := strconv.ParseFloat(value, 64)
	return errA == nil && errB == nil && a == b
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

// yamlErrorLine is the line that a YAML library's error names, at least 1.
func yamlErrorLine(err error) int {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		if n, aerr := strconv.Atoi(m[1]); aerr == nil {
			return max(n, 1)
		}
	}
	return 1
}

// cleanYAML drops the libraries' own prefixes.
func cleanYAML(err error) error {
	s := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	return errors.New(strings.TrimPrefix(s, "yaml: "))
}
