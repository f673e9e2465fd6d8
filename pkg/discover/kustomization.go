package discover

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// kustomizationFiles are the names that kustomize recognises, in its order.
var kustomizationFiles = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// kustomization is a directory with a kustomization file.
type kustomization struct {
	dir, file string
	component bool
	// uses are the files and directories that it names, repository-relative.
	// What is remote or missing does no harm in it: it is nobody's path.
	uses []string
}

// readKustomization reads the kustomization file p. It is nil if the file is
// something else: Flux' Kustomization objects often bear the same name.
func readKustomization(repo *source.Repo, p string) *kustomization {
	k := &kustomization{dir: path.Dir(p), file: p}
	data, err := repo.ReadFile(p)
	if err != nil {
		return k // its renderer says so
	}
	chunks := manifest.Split(data)
	if len(chunks) == 0 {
		return k
	}
	d, err := parse(p, chunks[0])
	if err != nil {
		return k
	}
	root := (&manifest.Object{Doc: d, Node: d.Node}).Root()
	if strings.Contains(root.At("apiVersion").Str(), ".toolkit.fluxcd.io/") {
		return nil
	}
	k.component = root.At("kind").Str() == "Component"
	k.collect(root)
	return k
}

// is reports whether p is the kustomization file itself.
func (k *kustomization) is(p string) bool { return k != nil && k.file == p }

// use notes one reference; text over several lines is inline YAML.
func (k *kustomization) use(ref string) {
	if ref == "" || strings.Contains(ref, "\n") || path.IsAbs(ref) {
		return
	}
	k.uses = append(k.uses, path.Join(k.dir, ref))
}

// collect notes every reference of a kustomization file.
func (k *kustomization) collect(r manifest.Place) {
	for _, field := range []string{
		"resources", "bases", "components", "crds", "configurations", "generators", "transformers",
		"validators", "patchesStrategicMerge",
	} {
		for _, s := range r.At(field).Strings() {
			k.use(s)
		}
	}
	for _, field := range []string{"patches", "patchesJson6902", "replacements"} {
		for it := range r.At(field).Items() {
			k.use(it.At("path").Str())
		}
	}
	for _, field := range []string{"configMapGenerator", "secretGenerator"} {
		for it := range r.At(field).Items() {
			for _, s := range append(it.At("files").Strings(), it.At("envs").Strings()...) {
				if _, file, ok := strings.Cut(s, "="); ok {
					s = file
				}
				k.use(s)
			}
			k.use(it.At("env").Str())
		}
	}
	k.use(r.At("openapi", "path").Str())
	home := r.At("helmGlobals", "chartHome").Str()
	for it := range r.At("helmCharts").Items() {
		k.chart(home, it.At("name").Str(), it.At("version").Str())
		k.use(it.At("valuesFile").Str())
		for _, s := range it.At("additionalValuesFiles").Strings() {
			k.use(s)
		}
	}
	for it := range r.At("helmChartInflationGenerator").Items() {
		k.chart(it.At("chartHome").Str(), it.At("chartName").Str(), it.At("chartVersion").Str())
		k.use(it.At("values").Str())
	}
}

// chart notes where kustomize looks for a chart that it inflates.
func (k *kustomization) chart(home, name, version string) {
	if name == "" {
		return
	}
	if home == "" {
		home = "charts"
	}
	k.use(path.Join(home, name))
	if version != "" {
		k.use(path.Join(home, name+"-"+version, name))
	}
}

// overlays are the kustomizations in scope that nothing else in scope builds
// on.
func (t *tree) overlays() []result.Target {
	var in []string
	for dir := range t.kusts {
		if t.scope.selects(dir) {
			in = append(in, dir)
		}
	}
	slices.Sort(in)
	used := map[string]bool{}
	for _, dir := range in {
		for _, u := range t.kusts[dir].uses {
			if u != dir {
				used[u] = true
			}
		}
	}
	var out []result.Target
	reached := map[string]bool{}
	add := func(dir string) {
		t.reach(dir, reached)
		out = append(out, result.Target{Name: dir, Kind: result.KindKustomize, Path: dir, Kustomize: &result.Kustomize{}})
	}
	for _, dir := range in {
		if !used[dir] && !t.kusts[dir].component {
			add(dir)
		}
	}
	for _, dir := range in {
		switch {
		case reached[dir]:
		case t.kusts[dir].component:
			out = append(out, result.Target{
				Name: dir, Kind: result.KindKustomize, Path: dir, Kustomize: &result.Kustomize{},
				Status: result.Skipped, Reason: "component that no kustomization uses: it is not built by itself",
			})
		default:
			add(dir) // one of a cycle; building it says so
		}
	}
	return out
}

// reach marks dir and every kustomization that it builds on.
func (t *tree) reach(dir string, reached map[string]bool) {
	k := t.kusts[dir]
	if k == nil || reached[dir] {
		return
	}
	reached[dir] = true
	for _, u := range k.uses {
		t.reach(u, reached)
	}
}

// users maps every path that a kustomization uses to the directories of those
// kustomizations, in order.
func (t *tree) users() map[string][]string {
	out := map[string][]string{}
	for _, dir := range slices.Sorted(maps.Keys(t.kusts)) {
		for _, u := range t.kusts[dir].uses {
			out[u] = append(out[u], dir)
		}
	}
	return out
}
