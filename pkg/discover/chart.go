package discover

import (
	"bytes"
	"io/fs"
	"path"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// chartParts are the directories of a chart in which nothing stands for
// itself: templates, sub-charts, CRDs, values for tests and for environments,
// files that templates read.
var chartParts = []string{"templates", "charts", "crds", "ci", "values", "files"}

// chart is a directory with a Chart.yaml.
type chart struct {
	dir     string
	library bool
	// envs are the values files beside the chart's own, by the name of what
	// they are for.
	envs []environment
}

type environment struct{ name, file string }

func readChart(repo *source.Repo, dir string, entries []fs.DirEntry) *chart {
	c := &chart{dir: dir}
	file := path.Join(dir, "Chart.yaml")
	if data, err := repo.ReadFile(file); err == nil {
		if d, err := parse(file, manifest.Chunk{Text: data, Line: 1}); err == nil {
			c.library = (&manifest.Object{Doc: d, Node: d.Node}).At("type").Str() == "library"
		}
	}
	add := func(sub string, entries []fs.DirEntry, name func(stem string) string) {
		for _, d := range entries {
			ext := path.Ext(d.Name())
			if !d.Type().IsRegular() || ext != ".yaml" && ext != ".yml" {
				continue
			}
			p := path.Join(dir, sub, d.Name())
			if n := name(strings.TrimSuffix(d.Name(), ext)); n != "" && !encrypted(repo, p) {
				c.envs = append(c.envs, environment{n, p})
			}
		}
	}
	add("", entries, func(stem string) string {
		for _, prefix := range []string{"values-", "values."} {
			if env, ok := strings.CutPrefix(stem, prefix); ok && env != "schema" {
				return env
			}
		}
		return ""
	})
	list := func(sub string) []fs.DirEntry {
		out, err := repo.ReadDir(path.Join(dir, sub))
		if err != nil {
			return nil
		}
		return out
	}
	add("values", list("values"), func(stem string) string { return stem })
	add("ci", list("ci"), func(stem string) string {
		if name, ok := strings.CutSuffix(stem, "-values"); ok {
			return "ci/" + name
		}
		return ""
	})
	return c
}

// encrypted reports whether SOPS encrypted the values: they are a layer of
// secrets, no environment, and render as nonsense.
func encrypted(repo *source.Repo, p string) bool {
	data, err := repo.ReadFile(p)
	return err == nil && (bytes.HasPrefix(data, []byte("sops:")) || bytes.Contains(data, []byte("\nsops:")))
}

// targets are the chart with its default values and with each environment's.
func (c *chart) targets() []result.Target {
	if c.library {
		return []result.Target{{
			Name: c.dir, Kind: result.KindHelm, Path: c.dir, Helm: &result.Helm{},
			Status: result.Skipped, Reason: "library chart: it deploys nothing by itself",
		}}
	}
	out := []result.Target{{Name: c.dir, Kind: result.KindHelm, Path: c.dir, Helm: &result.Helm{}}}
	for _, e := range c.envs {
		out = append(out, result.Target{
			Name: c.dir + "[" + e.name + "]", Kind: result.KindHelm, Path: c.dir,
			Helm: &result.Helm{ValueFiles: []string{e.file}},
		})
	}
	return out
}
