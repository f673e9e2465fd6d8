package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// literal is a line "key: value" or "- value" whose value is written out.
var literal = regexp.MustCompile(`^(\s*(?:- )?(?:[A-Za-z][\w./-]*:\s+|- )["']?)([A-Za-z0-9][\w./:@-]*)(["']?)\s*$`)

// planted counts what became of lines that were changed one at a time.
type planted struct {
	lines, scalars       int
	right, wrong, unsure int // of scalars: exact and right, exact and wrong, inexact
}

func (p *planted) print(what string) {
	if p.scalars == 0 {
		fmt.Printf("%s: nothing planted changed a scalar\n", what)
		return
	}
	pct := func(n int) float64 { return 100 * float64(n) / float64(p.scalars) }
	fmt.Printf("%s: %d lines changed %d scalars: %.2f %% traced exactly to the line, %.2f %% marked inexact, %d marked exact and wrong\n",
		what, p.lines, p.scalars, pct(p.right), pct(p.unsure), p.wrong)
}

// plant changes the value on one literal line of a file and restores it.
func plant(file string, line int, fn func(value string) error) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.Split(string(data), "\n")
	m := literal.FindStringSubmatch(lines[line-1])
	value := m[2] + "7"
	lines[line-1] = m[1] + value + m[3]
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o666); err != nil {
		return err
	}
	defer os.WriteFile(file, data, 0o666)
	return fn(value)
}

// literals lists the lines of a file that can be planted.
func literals(file string) []int {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var out []int
	for i, l := range strings.Split(string(data), "\n") {
		if m := literal.FindStringSubmatch(l); m != nil && !strings.HasPrefix(strings.TrimSpace(l), "#") {
			switch strings.TrimRight(strings.TrimSpace(m[1]), `"' `) {
			case "apiVersion:", "kind:", "name:", "condition:", "version:":
				continue // they decide what else is rendered
			}
			out = append(out, i+1)
		}
	}
	return out
}

// scalars lists the scalars of an output by object and path.
func scalars(out *render.Output) map[string]manifest.Place {
	all := map[string]manifest.Place{}
	for i, d := range out.Documents {
		if d.Node == nil && d.Parse() != nil {
			continue
		}
		for _, o := range d.Objects() {
			for p := range o.Root().Scalars() {
				all[fmt.Sprintf("%d %s %s", i, o.Key.Kind, p.Path())] = p
			}
		}
	}
	return all
}

// tracePart changes one literal line of a template at a time, and then one of
// a values file, renders again, and asks where each scalar that changed is
// said to come from.
func tracePart(ctx context.Context, o options) (bool, error) {
	dir, charts, err := corpusCopy(ctx, o.corpus)
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		return false, err
	}
	defer repo.Close()
	rng := rand.New(rand.NewPCG(1, 2)) // the same sample every time
	templates, values := &planted{}, &planted{}
	for _, chart := range charts {
		t := result.Target{Name: chart, Kind: result.KindHelm, Path: chart, Helm: &result.Helm{}}
		before, err := helmRender(ctx, repo, t)
		if err != nil {
			continue
		}
		old := scalars(before)
		var files []string
		for _, d := range before.Documents {
			if !slices.Contains(files, d.Path) && !strings.Contains(d.Path, "/crds/") {
				files = append(files, d.Path)
			}
		}
		if helpers, err := filepath.Glob(filepath.Join(dir, chart, "templates", "_*.tpl")); err == nil {
			for _, h := range helpers {
				files = append(files, path.Join(chart, "templates", filepath.Base(h)))
			}
		}
		sample(rng, dir, files, 66, func(file string, line int) error {
			return plant(filepath.Join(dir, file), line, func(value string) error {
				return templates.score(ctx, repo, t, old, o, file, line, "")
			})
		})
		sample(rng, dir, []string{path.Join(chart, "values.yaml")}, 30, func(file string, line int) error {
			return plant(filepath.Join(dir, file), line, func(value string) error {
				return values.score(ctx, repo, t, old, o, file, line, value)
			})
		})
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
	}
	templates.print("helm templates")
	values.print("helm values")
	return templates.wrong == 0 && values.wrong == 0, nil
}

// sample calls fn for up to n literal lines of the files.
func sample(rng *rand.Rand, dir string, files []string, n int, fn func(file string, line int) error) {
	type spot struct {
		file string
		line int
	}
	var all []spot
	for _, f := range files {
		for _, l := range literals(filepath.Join(dir, f)) {
			all = append(all, spot{f, l})
		}
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, s := range all[:min(n, len(all))] {
		if fn(s.file, s.line) != nil {
			return
		}
	}
}

// changedLine is the line at which two texts of several lines differ, -1 if
// they have one line.
func changedLine(a, b string) int {
	if !strings.Contains(b, "\n") {
		return -1
	}
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return i
		}
	}
	return -1
}

// score renders after a change and judges the scalars that changed. With a
// whole value only scalars that are that value count, and their primary
// location must be the line; else the line must be in the chain.
func (p *planted) score(ctx context.Context, repo *source.Repo, t result.Target, old map[string]manifest.Place, o options, file string, line int, whole string) error {
	out, err := helmRender(ctx, repo, t)
	if err != nil {
		return ctx.Err() // the change broke the chart: it teaches nothing
	}
	changed := false
	for key, now := range scalars(out) {
		was, ok := old[key]
		if !ok || was.Str() == now.Str() || (whole != "" && now.Str() != whole) {
			continue
		}
		if whole == "" && !strings.Contains(now.Str(), "7") {
			continue // a digest of the file, or a value that another decides
		}
		if whole == "" && len(was.Str())+1 != len(now.Str()) {
			continue
		}
		changed = true
		p.scalars++
		loc := now.Location()
		if i := changedLine(was.Str(), now.Str()); i >= 0 && now.Node().Line > 0 {
			loc = now.Object().Doc.LineOrigin(now.Node().Line + 1 + i) // a block: each line has its own origin
		}
		hit := loc.Primary.Path == file && loc.Primary.Start.Line <= line && loc.Primary.EndLine() >= line
		if whole == "" {
			hit = hit || slices.ContainsFunc(loc.Chain, func(c result.Origin) bool { return c.Path == file && c.Start.Line == line })
		}
		switch {
		case !loc.Exact:
			p.unsure++
		case hit:
			p.right++
		default:
			p.wrong++
			if o.verbose {
				fmt.Printf("  wrong: %s:%d changed %s to %q, said to come from %s %v\n", file, line, key, now.Str(), loc.Primary, loc.Chain)
			}
		}
	}
	if changed {
		p.lines++
	}
	return nil
}
