package helm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"gopkg.in/yaml.v3"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Dependency is a dependency of a chart that is not vendored in its charts/.
type Dependency struct {
	// At is where Chart.yaml declares it.
	At source.Span
	// Ref names the chart, with the version of the lock file if there is one.
	Ref render.ChartRef
	// Dir is the chart's directory for "file://", as it stands in Chart.yaml.
	Dir string
}

// Fault places an error of render.Charts on the dependency's line, and makes
// the command that it hints at one for the chart in dir.
func (d Dependency) Fault(dir string, err error) *render.Fault {
	f := *render.AsFault(err)
	f.At = d.At
	if rest, ok := strings.CutPrefix(f.Hint, "kustoms deps"); ok {
		f.Hint = "fetch it ahead: kustoms deps " + dir + rest
	}
	return &f
}

// local reports whether it is a directory, not a packaged chart.
func (d Dependency) local() bool { return strings.HasPrefix(d.Ref.Repository, "file://") }

// Missing lists the dependencies of the chart in dir that are not vendored,
// and those of the charts that "file://" leads to. The error is a
// *render.Fault where the chart or its lock file is at fault.
func (r *Renderer) Missing(ctx context.Context, dir string) ([]Dependency, error) {
	r.init()
	return r.missing(ctx, dir, 0)
}

func (r *Renderer) missing(ctx context.Context, dir string, depth int) ([]Dependency, error) {
	ch, err := r.charts.parse(ctx, dir)
	if err != nil {
		return nil, err
	}
	deps, err := unvendored(ch, dir)
	if err != nil {
		return nil, err
	}
	var out []Dependency
	for _, d := range deps {
		if !d.local() {
			out = append(out, d)
			continue
		}
		sub, err := r.charts.localDir(ctx, dir, d, depth)
		if err != nil {
			return nil, err
		}
		below, err := r.missing(ctx, sub, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, below...)
	}
	return out, nil
}

// unvendored lists the declared dependencies that the loaded chart lacks.
func unvendored(ch *chart.Chart, dir string) ([]Dependency, error) {
	have := map[string]bool{}
	for _, d := range ch.Dependencies() {
		have[d.Name()] = true
	}
	var out []Dependency
	for i, d := range ch.Metadata.Dependencies {
		if d == nil || have[d.Name] {
			continue
		}
		have[d.Name] = true // declared again under an alias
		out = append(out, Dependency{
			At:  declared(ch, dir, i),
			Ref: render.ChartRef{Name: d.Name, Version: d.Version, Repository: d.Repository},
			Dir: strings.TrimPrefix(d.Repository, "file://"),
		})
	}
	if len(out) == 0 || ch.Lock == nil {
		return out, nil
	}
	if err := inSync(ch); err != nil {
		return nil, &render.Fault{
			At:  source.LineSpan(path.Join(dir, lockName(ch)), 1),
			Msg: fmt.Sprintf("%s does not fit Chart.yaml: %v", lockName(ch), err), Err: err,
			Hint: "run helm dependency update " + dir + ", and commit the lock file",
		}
	}
	for i := range out {
		d := &out[i]
		for _, l := range ch.Lock.Dependencies {
			if l != nil && l.Name == d.Ref.Name && l.Repository == d.Ref.Repository {
				d.Ref.Version, d.Ref.Pinned = l.Version, true
			}
		}
		if !d.Ref.Pinned && !d.local() {
			return nil, &render.Fault{At: d.At, Msg: fmt.Sprintf("dependency %s is not in %s", d.Ref, lockName(ch)), Hint: "run helm dependency update " + dir + ", and commit the lock file"}
		}
	}
	return out, nil
}

func lockName(ch *chart.Chart) string {
	if ch.Metadata.APIVersion == chart.APIVersionV1 {
		return "requirements.lock"
	}
	return "Chart.lock"
}

// inSync checks the lock file's digest as `helm dependency build` does: of the
// declared dependencies and the locked ones, as JSON.
func inSync(ch *chart.Chart) error {
	data, err := json.Marshal([2][]*chart.Dependency{ch.Metadata.Dependencies, ch.Lock.Dependencies})
	if err != nil {
		return err
	}
	want := fmt.Sprintf("sha256:%x", sha256.Sum256(data))
	if ch.Metadata.APIVersion == chart.APIVersionV1 && ch.Lock.Digest != want {
		// Helm 2 wrote a digest of the declared ones alone.
		old, err := json.Marshal(map[string][]*chart.Dependency{"dependencies": ch.Metadata.Dependencies})
		if err != nil {
			return err
		}
		if v2 := fmt.Sprintf("sha256:%x", sha256.Sum256(old)); ch.Lock.Digest == v2 {
			return nil
		}
	}
	if ch.Lock.Digest != want {
		return errors.New("its digest is of other dependencies")
	}
	return nil
}

// declared is the line of a chart's i-th dependency.
func declared(ch *chart.Chart, dir string, i int) source.Span {
	for _, name := range []string{"Chart.yaml", "requirements.yaml"} {
		for _, f := range ch.Raw {
			if f.Name != name {
				continue
			}
			var doc struct {
				Dependencies []yaml.Node `yaml:"dependencies"`
			}
			if err := yaml.Unmarshal(f.Data, &doc); err == nil && i < len(doc.Dependencies) {
				return source.LineSpan(path.Join(dir, name), doc.Dependencies[i].Line)
			}
		}
	}
	return source.LineSpan(path.Join(dir, "Chart.yaml"), 1)
}

// complete adds what is not vendored to a chart: directories of "file://" as
// they stand, and packaged charts that charts gives. Nothing is written. at
// receives where each added chart stands, by its Chart.yaml.
func (c *chartFiles) complete(ctx context.Context, ch *chart.Chart, dir string, charts render.Charts, at map[*chart.File]file, depth int) error {
	deps, err := unvendored(ch, dir)
	if err != nil || len(deps) == 0 {
		return err
	}
	var errs []error
	for _, d := range deps {
		sub, err := c.add(ctx, dir, d, charts, at, depth)
		if err == nil {
			err = fits(d, sub)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		ch.AddDependency(sub)
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

func (c *chartFiles) add(ctx context.Context, dir string, d Dependency, charts render.Charts, at map[*chart.File]file, depth int) (*chart.Chart, error) {
	if d.local() {
		sub, err := c.localDir(ctx, dir, d, depth)
		if err != nil {
			return nil, err
		}
		ch, err := c.parse(ctx, sub)
		if err != nil {
			return nil, err
		}
		if f := chartFile(ch); f != nil {
			at[f] = file{path: sub}
		}
		return ch, c.complete(ctx, ch, sub, charts, at, depth+1)
	}
	if d.Ref.Repository == "" {
		return nil, &render.Fault{At: d.At, Msg: fmt.Sprintf("dependency %s %s is not in charts/, and names no repository", d.Ref.Name, d.Ref.Version), Hint: "commit it to " + path.Join(dir, "charts", d.Ref.Name)}
	}
	data, err := charts.Chart(ctx, d.Ref)
	if err != nil {
		return nil, d.Fault(dir, err)
	}
	ch, err := unpackChart(data)
	if err != nil {
		return nil, &render.Fault{At: d.At, Msg: fmt.Sprintf("dependency %s: its archive is no chart: %v", d.Ref, err), Err: err}
	}
	if f := chartFile(ch); f != nil {
		at[f] = file{path: d.At.Path, packed: true, line: d.At.Start.Line}
	}
	return ch, nil
}

// unpackChart reads a packaged chart.
func unpackChart(data []byte) (*chart.Chart, error) {
	ch, err := loader.LoadArchive(bytes.NewReader(data))
	if err == nil {
		sortDependencies(ch)
	}
	return ch, err
}

// chartFile is a chart's Chart.yaml, which stays the same when Helm copies the
// chart under an alias.
func chartFile(ch *chart.Chart) *chart.File {
	i := slices.IndexFunc(ch.Raw, func(f *chart.File) bool { return f.Name == "Chart.yaml" })
	if i < 0 {
		return nil
	}
	return ch.Raw[i]
}

// localDir is the directory of a "file://" dependency.
func (c *chartFiles) localDir(ctx context.Context, dir string, d Dependency, depth int) (string, error) {
	sub, err := c.repo.Join(dir, d.Dir)
	if err == nil && !c.repo.In(ctx).Exists(path.Join(sub, "Chart.yaml")) {
		err = errors.New("no chart is there")
	}
	if err == nil && depth > maxLocalDepth {
		err = errors.New("charts depend on each other in a circle, or too deep")
	}
	if err != nil {
		return "", &render.Fault{At: d.At, Msg: fmt.Sprintf("dependency %q: %s: %v", d.Ref.Name, d.Ref.Repository, err), Err: err}
	}
	return sub, nil
}

// maxLocalDepth bounds chains of "file://" dependencies.
const maxLocalDepth = 10

// fits checks that the chart is what was asked for.
func fits(d Dependency, ch *chart.Chart) error {
	if ch.Name() != d.Ref.Name {
		return &render.Fault{At: d.At, Msg: fmt.Sprintf("dependency %s: the chart there is named %q", d.Ref, ch.Name())}
	}
	if d.Ref.Version == "" || d.Ref.Version == ch.Metadata.Version {
		return nil
	}
	bad := &render.Fault{At: d.At, Msg: fmt.Sprintf("dependency %s: the chart there has version %s", d.Ref, ch.Metadata.Version)}
	want, err := semver.NewConstraint(d.Ref.Version)
	if err != nil {
		return bad
	}
	if v, err := semver.NewVersion(ch.Metadata.Version); err != nil || !want.Check(v) {
		return bad
	}
	return nil
}
