package kustomize

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/kustomize/kyaml/yaml/merge2"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// chartsDir is the directory, next to a kustomization and in memory only, that
// its inflated charts stand in.
const chartsDir = ".kustoms-charts"

// helmFields are the fields of a kustomization that krusty does not see.
var helmFields = []string{"helmCharts", "helmGlobals", "helmChartInflationGenerator"}

// inflation is a chart that a kustomization inflates.
type inflation struct {
	types.HelmChart
	types.HelmGlobals
	field  string
	at     source.Span
	inline result.Inline // the inline values as they are written, if they can be cut out
}

func (c inflation) fault(hint, format string, args ...any) error {
	return &render.Fault{At: c.at, Msg: c.field + ": " + fmt.Sprintf(format, args...), Hint: hint}
}

// inflations are the charts of k in the order in which krusty inflates them:
// those of helmCharts, then those of generators.
func (l *loader) inflations(k *kust) (out []inflation) {
	namespace := ""
	for a := range k.chain {
		if namespace == "" {
			namespace = a.Namespace
		}
	}
	for i, c := range k.HelmCharts {
		if c.Namespace == "" {
			c.Namespace = namespace
		}
		in := inflation{HelmChart: c, field: "helmCharts", at: k.find("helmCharts", c.Name), inline: l.valuesInline(k, i)}
		if k.HelmGlobals != nil {
			in.HelmGlobals = *k.HelmGlobals
		}
		out = append(out, in)
	}
	return append(out, k.generated...)
}

// inflate renders the charts of k before krusty runs, which would start helm.
// What they print is given to krusty as the resources of a component, which it
// adds right after those of generators, marked as it marks them.
func (l *loader) inflate(k *kust) error {
	charts := l.inflations(k)
	if len(charts) == 0 {
		return nil
	}
	if slices.Contains(l.all[0].BuildMetadata, types.OriginAnnotations) {
		return charts[0].fault("take originAnnotations out of buildMetadata", "with originAnnotations in buildMetadata the annotations of a chart's objects cannot be given")
	}
	if l.charts == nil {
		return charts[0].fault("render it beforehand and commit the result", "charts are not rendered here")
	}
	home := path.Join(k.dir, chartsDir)
	var namespaces []string
	for _, c := range charts {
		namespaces = append(namespaces, c.Namespace)
	}
	had, again := l.inflated[k.dir]
	for i := range charts {
		if again && had[i] != namespaces[i] {
			return charts[i].fault("set the namespace of each chart", "the build loads %q for the namespaces %q and %q", k.dir, had[i], namespaces[i])
		}
	}
	var names []string
	for i, c := range charts {
		p := path.Join(home, "charts", fmt.Sprintf("%d.yaml", i))
		if !again {
			out, err := l.inflateOne(k, c)
			if err != nil {
				return err
			}
			l.add(p, out.Text)
			l.made[p] = newMadeFile(out)
			l.warnings = append(l.warnings, out.Warnings...)
			l.used[p] |= asResource
		}
		k.files = append(k.files, p)
		names = append(names, path.Base(p))
	}
	if again {
		return nil
	}
	l.inflated[k.dir] = namespaces
	mark, err := annotations(map[string]string{konfig.HelmGeneratedAnnotation: "true"})
	if err != nil {
		return err
	}
	for p, fields := range map[string]*yaml.Node{
		home:                      mapping("apiVersion", text(types.ComponentVersion), "kind", text(types.ComponentKind), "resources", list("charts")),
		path.Join(home, "charts"): mapping("resources", list(names...), "transformers", list(mark)),
	} {
		data, err := yaml.Marshal(fields)
		if err != nil {
			return err
		}
		l.add(path.Join(p, konfig.DefaultKustomizationFileName()), data)
	}
	return nil
}

// inflateOne renders a chart of k as Kustomize has helm render it.
func (l *loader) inflateOne(k *kust, c inflation) (*render.Output, error) {
	if c.Name == "" || strings.HasPrefix(c.Name, "-") || strings.HasPrefix(c.ReleaseName, "-") {
		return nil, c.fault("", "chart name %q or release name %q is empty or starts with '-'", c.Name, c.ReleaseName)
	}
	home := types.HelmDefaultHome
	if c.ChartHome != "" {
		home = c.ChartHome
	}
	if c.Version != "" && c.Repo != "" {
		home = path.Join(home, c.Name+"-"+c.Version)
	}
	dir, err := l.join(k.dir, path.Join(home, c.Name))
	if err != nil {
		return nil, l.unreadable(k, c.field, path.Join(home, c.Name), err)
	}
	var packed []byte
	switch {
	case l.repo.IsDir(dir):
	case c.Repo == "":
		return nil, c.fault("vendor the chart there, or set chartHome", "no chart in %q, and no repo to fetch it from", dir)
	default:
		if packed, err = l.remoteChart(c, dir); err != nil {
			return nil, err
		}
	}
	values, err := l.chartValues(k, c, dir, packed)
	if err != nil {
		return nil, err
	}
	kube := c.KubeVersion
	if kube == "" {
		kube = l.kubeVersion
	}
	return l.charts.Render(l.ctx, result.Target{
		Name: dir, Kind: result.KindHelm, Path: dir, KubeVersion: kube, At: c.at,
		Helm: &result.Helm{
			Inline: values, Release: c.ReleaseName, NameTemplate: c.NameTemplate, Namespace: c.Namespace,
			APIVersions: c.ApiVersions, SkipCRDs: !c.IncludeCRDs, SkipTests: c.SkipTests, SkipHooks: c.SkipHooks,
			Packed: packed,
		},
	})
}

// remoteChart fetches a chart that is not vendored in dir.
func (l *loader) remoteChart(c inflation, dir string) ([]byte, error) {
	name := strings.TrimSuffix(c.Repo, "/") + "/" + c.Name
	if c.Version != "" {
		name += " " + c.Version
	}
	if l.remotes.from == nil {
		return nil, &render.Fault{
			At:   c.at,
			Msg:  fmt.Sprintf("%s: the chart %q is remote, and the network is not used", c.field, name),
			Hint: fmt.Sprintf("vendor it as %s, or allow the network with --allow-network", dir),
			Err:  ErrRemote,
		}
	}
	data, err := l.from.Chart(l.ctx, render.ChartRef{Name: c.Name, Version: c.Version, Repository: c.Repo})
	if err != nil {
		f := *render.AsFault(err)
		f.At, f.Msg, f.Err = c.at, c.field+": "+f.Msg, errors.Join(ErrRemote, err)
		return nil, &f
	}
	l.uses = append(l.uses, Use{Ref: name, At: c.at})
	return data, nil
}

// chartValues are the values files and inline values of a chart in the order
// in which helm gets them.
func (l *loader) chartValues(k *kust, c inflation, dir string, packed []byte) ([]result.Inline, error) {
	read := func(p string, err error) (result.Inline, error) {
		var data []byte
		if err == nil {
			data, err = l.read(p)
		}
		if err != nil {
			return result.Inline{}, l.unreadable(k, c.field, p, err)
		}
		if real, err := l.resolve(p); err != nil || k.dir != "." && !strings.HasPrefix(real, k.dir+"/") {
			return result.Inline{}, c.fault("Kustomize reads no file above the kustomization: move it there", "the values file %q is not in or below %q", p, k.dir)
		}
		return result.Inline{Text: string(data), At: source.LineSpan(p, 1)}, nil
	}
	file := func() (result.Inline, error) {
		switch {
		case c.ValuesFile == "" && packed != nil:
			data, err := packedFile(packed, "values.yaml")
			if err != nil {
				return result.Inline{}, c.fault("", "the archive of %q: %v", c.Name, err)
			}
			return result.Inline{Text: string(data), At: c.at}, nil
		case c.ValuesFile == "":
			return read(path.Join(dir, "values.yaml"), nil)
		}
		return read(l.join(k.dir, c.ValuesFile))
	}
	var out []result.Inline
	switch inline := len(c.ValuesInline) > 0; {
	case !inline:
		f, err := file()
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	case c.ValuesMerge == "replace":
		in, err := c.merged(c.ValuesInline, c.inline)
		if err != nil {
			return nil, err
		}
		out = append(out, in...)
	case c.ValuesMerge == "" || c.ValuesMerge == "override" || c.ValuesMerge == "merge":
		f, err := file()
		if err != nil {
			return nil, err
		}
		below, err := kyaml.Parse(f.Text)
		if err != nil {
			return nil, &render.Fault{At: f.At, Msg: fmt.Sprintf("values are not valid YAML: %v", err), Err: err}
		}
		above, err := kyaml.FromMap(c.ValuesInline)
		if err != nil {
			return nil, err
		}
		layers := []result.Inline{f, c.inline}
		if c.ValuesMerge == "merge" {
			below, above = above, below
			slices.Reverse(layers)
		}
		all, err := merge2.Merge(above, below, kyaml.MergeOptions{})
		if err == nil {
			var m map[string]any
			if m, err = all.Map(); err == nil {
				layers, err = c.merged(m, layers...)
			}
		}
		if err != nil {
			return nil, c.fault("", "merging values: %v", err)
		}
		out = append(out, layers...)
	default:
		if c.field == "helmCharts" {
			c.at = k.find(c.field, c.ValuesMerge)
		}
		return nil, c.fault("", "valuesMerge must be merge, override or replace, not %q", c.ValuesMerge)
	}
	for _, p := range c.AdditionalValuesFiles {
		f, err := read(l.join(k.dir, p))
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// merged is the values m: as the layers that have lines, if these give the
// same; else as one text without a line.
func (c inflation) merged(m map[string]any, layers ...result.Inline) ([]result.Inline, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	var want, got map[string]any
	if err := json.Unmarshal(data, &want); err != nil {
		return nil, err
	}
	for _, in := range layers {
		var v map[string]any
		if err = yaml.Unmarshal([]byte(in.Text), &v); err != nil {
			break
		}
		got = over(got, v)
	}
	if err == nil {
		var plain []byte
		if plain, err = json.Marshal(got); err == nil {
			got = nil
			err = json.Unmarshal(plain, &got)
		}
	}
	if err == nil && reflect.DeepEqual(got, want) {
		return layers, nil
	}
	return []result.Inline{{Text: string(data), At: source.Span{Path: c.at.Path}}}, nil
}

// over lays b over a, as helm does with values files.
func over(a, b map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		if bv, ok := v.(map[string]any); ok {
			if av, ok := out[k].(map[string]any); ok {
				v = over(av, bv)
			}
		}
		out[k] = v
	}
	return out
}

// valuesInline is the text of the inline values of the i-th chart of k, where
// it stands in the file as a block of its own.
func (l *loader) valuesInline(k *kust, i int) (in result.Inline) {
	_, charts := k.field("helmCharts")
	if charts == nil || i >= len(charts.Content) || k.edited != nil {
		return in
	}
	_, n := fieldOf(resolve(charts.Content[i]), "valuesInline")
	data, err := l.read(k.file)
	if n == nil || n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0 || err != nil {
		return in
	}
	lines := strings.SplitAfter(string(data), "\n")
	indent := strings.Repeat(" ", n.Column-1)
	to := n.Line - 1
	for to < len(lines) && (strings.HasPrefix(lines[to], indent) || strings.TrimSpace(lines[to]) == "") {
		to++
	}
	return result.Inline{Text: strings.Join(lines[n.Line-1:to], ""), At: source.LineSpan(k.file, n.Line)}
}

// rewritten reports whether krusty gets another kustomization than the file.
func (l *loader) rewritten(k *kust) bool {
	_, charts := l.inflated[k.dir]
	return charts || k.edited != nil || l.swaps[k.dir] != nil
}

// written are the fields of k as krusty gets them.
func (l *loader) written(k *kust) *yaml.Node {
	fields := l.swapped(k.dir, k.fields)
	if _, charts := l.inflated[k.dir]; !charts {
		return fields
	}
	n := *fields
	n.Content = nil
	all := list(chartsDir)
	for i := 0; i+1 < len(fields.Content); i += 2 {
		key, v := fields.Content[i], fields.Content[i+1]
		switch {
		case slices.ContainsFunc(helmFields, func(f string) bool { return strings.EqualFold(f, key.Value) }):
		case strings.EqualFold(key.Value, "generators"):
			rest := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
			for _, n := range resolve(v).Content {
				if !l.inflates[k.dir+"\n"+resolve(n).Value] {
					rest.Content = append(rest.Content, n)
				}
			}
			n.Content = append(n.Content, key, rest)
		case strings.EqualFold(key.Value, "components"):
			all.Content = append(all.Content, resolve(v).Content...)
		default:
			n.Content = append(n.Content, key, v)
		}
	}
	put(&n, "components", all)
	return &n
}
