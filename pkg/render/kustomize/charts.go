package kustomize

import (
	"encoding/json"
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

// inflate renders the charts of k before krusty runs, which would start helm.
// What they print is given to krusty as the resources of a component, which it
// adds right after those of generators, marked as it marks them.
func (l *loader) inflate(k *kust) error {
	if len(k.HelmCharts) == 0 {
		return nil
	}
	if slices.Contains(l.all[0].BuildMetadata, types.OriginAnnotations) {
		return l.fault(k, "helmCharts", "", "helmCharts: with originAnnotations in buildMetadata the annotations of a chart's objects cannot be given", "take originAnnotations out of buildMetadata")
	}
	if l.charts == nil {
		return l.fault(k, "helmCharts", "", "helmCharts: charts are not rendered here", "render it beforehand and commit the result")
	}
	namespace := ""
	for a := range k.chain {
		if namespace == "" {
			namespace = a.Namespace
		}
	}
	home := path.Join(k.dir, chartsDir)
	had, again := l.inflated[k.dir]
	if again && had != namespace {
		return l.fault(k, "helmCharts", "", fmt.Sprintf("helmCharts: the build loads %q for the namespaces %q and %q", k.dir, had, namespace), "set the namespace of each chart")
	}
	var names []string
	for i := range k.HelmCharts {
		p := path.Join(home, "charts", fmt.Sprintf("%d.yaml", i))
		if !again {
			out, err := l.inflateOne(k, i, namespace)
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
	l.inflated[k.dir] = namespace
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

// inflateOne renders the i-th chart of k as Kustomize has helm render it.
func (l *loader) inflateOne(k *kust, i int, namespace string) (*render.Output, error) {
	c := k.HelmCharts[i]
	if c.Name == "" || strings.HasPrefix(c.Name, "-") || strings.HasPrefix(c.ReleaseName, "-") {
		return nil, l.fault(k, "helmCharts", c.Name, fmt.Sprintf("helmCharts: chart name %q or release name %q is empty or starts with '-'", c.Name, c.ReleaseName), "")
	}
	home := types.HelmDefaultHome
	if k.HelmGlobals != nil && k.HelmGlobals.ChartHome != "" {
		home = k.HelmGlobals.ChartHome
	}
	if c.Version != "" && c.Repo != "" {
		home = path.Join(home, c.Name+"-"+c.Version)
	}
	dir, err := l.repo.Join(k.dir, path.Join(home, c.Name))
	if err != nil {
		return nil, l.unreadable(k, "helmCharts", path.Join(home, c.Name), err)
	}
	switch {
	case l.repo.IsDir(dir):
	case c.Repo == "":
		return nil, l.fault(k, "helmCharts", c.Name, fmt.Sprintf("helmCharts: no chart in %q, and no repo to fetch it from", dir), "vendor the chart there, or set helmGlobals.chartHome")
	default:
		return nil, l.remoteChart(k, c, dir)
	}
	values, err := l.chartValues(k, i, dir)
	if err != nil {
		return nil, err
	}
	if c.Namespace != "" {
		namespace = c.Namespace
	}
	kube := c.KubeVersion
	if kube == "" {
		kube = l.kubeVersion
	}
	return l.charts.Render(l.ctx, result.Target{
		Name: dir, Kind: result.KindHelm, Path: dir, KubeVersion: kube, At: k.find("helmCharts", c.Name),
		Helm: &result.Helm{
			Inline: values, Release: c.ReleaseName, NameTemplate: c.NameTemplate, Namespace: namespace,
			APIVersions: c.ApiVersions, SkipCRDs: !c.IncludeCRDs, SkipTests: c.SkipTests, SkipHooks: c.SkipHooks,
		},
	})
}

// remoteChart refuses a chart that is not vendored.
func (l *loader) remoteChart(k *kust, c types.HelmChart, dir string) error {
	ref := strings.TrimSuffix(c.Repo, "/") + "/" + c.Name
	if c.Version != "" {
		ref += " " + c.Version
	}
	return &render.Fault{
		At:   k.find("helmCharts", c.Name),
		Msg:  fmt.Sprintf("helmCharts: the chart %q is remote, and the network is not used", ref),
		Hint: fmt.Sprintf("vendor it as %s, or allow the network with --allow-network", dir),
		Err:  ErrRemote,
	}
}

// chartValues are the values files and inline values of a chart in the order
// in which helm gets them.
func (l *loader) chartValues(k *kust, i int, dir string) ([]result.Inline, error) {
	c := k.HelmCharts[i]
	read := func(p string, err error) (result.Inline, error) {
		var data []byte
		if err == nil {
			data, err = l.read(p)
		}
		if err != nil {
			return result.Inline{}, l.unreadable(k, "helmCharts", p, err)
		}
		if real, err := l.repo.Resolve(p); err != nil || k.dir != "." && !strings.HasPrefix(real, k.dir+"/") {
			return result.Inline{}, l.fault(k, "helmCharts", c.Name, fmt.Sprintf("helmCharts: the values file %q is not in or below %q", p, k.dir), "Kustomize reads no file above the kustomization: move it there")
		}
		return result.Inline{Text: string(data), At: source.LineSpan(p, 1)}, nil
	}
	file := func() (result.Inline, error) {
		if c.ValuesFile == "" {
			return read(path.Join(dir, "values.yaml"), nil)
		}
		return read(l.repo.Join(k.dir, c.ValuesFile))
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
		in, err := l.merged(k, i, c.ValuesInline, l.valuesInline(k, i))
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
		layers := []result.Inline{f, l.valuesInline(k, i)}
		if c.ValuesMerge == "merge" {
			below, above = above, below
			slices.Reverse(layers)
		}
		all, err := merge2.Merge(above, below, kyaml.MergeOptions{})
		if err == nil {
			var m map[string]any
			if m, err = all.Map(); err == nil {
				layers, err = l.merged(k, i, m, layers...)
			}
		}
		if err != nil {
			return nil, l.fault(k, "helmCharts", c.Name, fmt.Sprintf("helmCharts: merging values: %v", err), "")
		}
		out = append(out, layers...)
	default:
		return nil, l.fault(k, "helmCharts", c.ValuesMerge, fmt.Sprintf("helmCharts: valuesMerge must be merge, override or replace, not %q", c.ValuesMerge), "")
	}
	for _, p := range c.AdditionalValuesFiles {
		f, err := read(l.repo.Join(k.dir, p))
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// merged is the values m: as the layers that have lines, if these give the
// same; else as one text without a line.
func (l *loader) merged(k *kust, i int, m map[string]any, layers ...result.Inline) ([]result.Inline, error) {
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
	return []result.Inline{{Text: string(data), At: source.Span{Path: k.file}}}, nil
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
	return charts || k.edited != nil
}

// written are the fields of k as krusty gets them.
func (l *loader) written(k *kust) *yaml.Node {
	if _, charts := l.inflated[k.dir]; !charts {
		return k.fields
	}
	n := *k.fields
	n.Content = nil
	all := list(chartsDir)
	for i := 0; i+1 < len(k.fields.Content); i += 2 {
		key, v := k.fields.Content[i], k.fields.Content[i+1]
		switch {
		case slices.ContainsFunc(helmFields, func(f string) bool { return strings.EqualFold(f, key.Value) }):
		case strings.EqualFold(key.Value, "components"):
			all.Content = append(all.Content, resolve(v).Content...)
		default:
			n.Content = append(n.Content, key, v)
		}
	}
	put(&n, "components", all)
	return &n
}
