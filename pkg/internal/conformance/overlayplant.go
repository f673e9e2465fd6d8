package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/kustoms-dev/kustoms/pkg/manifest"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// Planting: how many scalars of a target are changed, and how many at once.
const (
	plantsPerTarget = 60
	plantsAtOnce    = 12
)

// spot is a literal scalar of a source file, and the mark put into it.
type spot struct {
	file string
	line int
	off  int // where the mark goes, in the file
	mark string
}

// tally counts what became of the plants.
type tally struct {
	planted, failed int // scalars of sources
	shown           int // of them, those that the result shows
	scalars         int // of the result that show one
	right, exact    int // of these
	wrongExact      int
}

// plantable lists the single-line scalars below n, which is a document of file
// that starts at line first; data is the whole file.
func plantable(n *yaml.Node, file string, first int, offsets []int, data []byte, out *[]spot) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			switch n.Content[i].Value {
			case "apiVersion", "kind":
			default:
				plantable(n.Content[i+1], file, first, offsets, data, out)
			}
		}
	case yaml.SequenceNode:
		for _, c := range n.Content {
			plantable(c, file, first, offsets, data, out)
		}
	case yaml.ScalarNode:
		line := n.Line + first - 1
		if n.Value == "" || line > len(offsets) || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			return
		}
		start := offsets[line-1]
		end := len(data)
		if line < len(offsets) {
			end = offsets[line]
		}
		text := string(data[start:end])
		if i := strings.LastIndex(text, n.Value); i >= 0 && i+1 >= n.Column {
			*out = append(*out, spot{file: file, line: line, off: start + i + len(n.Value)})
		}
	}
}

// sources lists the plantable scalars of the files that the documents' maps
// name as resources and patches.
func sources(root string, out *render.Output) []spot {
	files := map[string]bool{}
	for _, d := range out.Documents {
		for i := range bytes.Count(d.Text, []byte("\n")) {
			for _, o := range d.Map.Line(i + 1).Chain {
				if o.Role == result.RoleResource || o.Role == result.RolePatch {
					files[o.Path] = true
				}
			}
		}
	}
	var plants []spot
	for _, f := range slices.Sorted(func(yield func(string) bool) {
		for f := range files {
			if !yield(f) {
				return
			}
		}
	}) {
		data, err := os.ReadFile(filepath.Join(root, f))
		if err != nil {
			continue
		}
		offsets := []int{0}
		for i, c := range data {
			if c == '\n' {
				offsets = append(offsets, i+1)
			}
		}
		if strings.HasPrefix(path.Base(f), "kustomization") {
			continue
		}
		for _, c := range manifest.Split(data) {
			d := manifest.Document{Text: c.Text}
			if d.Parse() == nil && d.Node != nil {
				plantable(d.Node, f, c.Line, offsets, data, &plants)
			}
		}
	}
	return plants
}

// planter plants in a copy of a repository.
type planter struct {
	root    string
	open    func(repo *source.Repo) render.Renderer
	sum     *tally
	verbose bool
}

// target plants in the sources of t, renders it and asks where the marked
// scalars come from. out is what it renders unchanged.
func (p *planter) target(ctx context.Context, t result.Target, out *render.Output) error {
	all := sources(p.root, out)
	rng := rand.New(rand.NewPCG(1, uint64(len(all))))
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:min(len(all), plantsPerTarget)]
	for i := range all {
		all[i].mark = fmt.Sprintf("zq%03dqz", i)
	}
	for batch := range slices.Chunk(all, plantsAtOnce) {
		if err := p.try(ctx, t, batch); err != nil {
			return err
		}
	}
	return nil
}

// try plants a batch. One that does not render is halved; a scalar that cannot
// be changed is left out.
func (p *planter) try(ctx context.Context, t result.Target, batch []spot) error {
	out, err := p.render(ctx, t, batch)
	switch {
	case err == nil && out != nil:
		p.sum.add(t, batch, out, p.verbose)
		return nil
	case err != nil || len(batch) == 1:
		p.sum.failed += len(batch)
		return err
	}
	half := len(batch) / 2
	if err := p.try(ctx, t, batch[:half]); err != nil {
		return err
	}
	return p.try(ctx, t, batch[half:])
}

// render renders with the batch planted, nil if that fails.
func (p *planter) render(ctx context.Context, t result.Target, batch []spot) (*render.Output, error) {
	byFile := map[string][]spot{}
	for _, pl := range batch {
		byFile[pl.file] = append(byFile[pl.file], pl)
	}
	for f, ps := range byFile {
		name := filepath.Join(p.root, f)
		old, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		data := slices.Clone(old)
		slices.SortFunc(ps, func(a, b spot) int { return b.off - a.off })
		for _, pl := range ps {
			data = slices.Insert(data, pl.off, []byte(pl.mark)...)
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			return nil, err
		}
		defer os.WriteFile(name, old, 0o644)
	}
	repo, err := source.OpenRepo(p.root, 0)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	out, err := p.open(repo).Render(ctx, t)
	if err != nil {
		return nil, ctx.Err()
	}
	for _, d := range out.Documents {
		d.Map.Line(1) // while the planted files are there
	}
	return out, nil
}

// add counts what the maps say of the planted scalars.
func (sum *tally) add(t result.Target, batch []spot, out *render.Output, verbose bool) {
	sum.planted += len(batch)
	shown := map[string]bool{}
	for _, d := range out.Documents {
		if d.Parse() != nil || d.Node == nil {
			continue
		}
		for _, p := range batch {
			marked(d.Node, p.mark, func(n *yaml.Node) {
				shown[p.mark] = true
				sum.scalars++
				loc := d.Map.Locate(source.Span{Start: source.Pos{Line: n.Line, Col: n.Column}}, true)
				right := loc.Primary.Path == p.file && loc.Primary.Start.Line == p.line
				if right {
					sum.right++
				}
				if loc.Exact {
					sum.exact++
				}
				if loc.Exact && !right {
					sum.wrongExact++
				}
				if verbose && !(right && loc.Exact) {
					fmt.Printf("  %s: %q, planted at %s:%d, is said to come from %s (exact: %v)\n", t.Name, n.Value, p.file, p.line, loc.Primary, loc.Exact)
				}
			})
		}
	}
	sum.shown += len(shown)
}

func (sum *tally) print(name string) {
	share := func(n int) float64 { return 100 * float64(n) / float64(max(sum.scalars, 1)) }
	fmt.Printf("%s: planted %d scalars (%d more cannot be changed), %d of them show in %d rendered scalars\n", name, sum.planted, sum.failed, sum.shown, sum.scalars)
	fmt.Printf("%s: traced to the right line %.1f %%, said to be exact %.1f %%, exact and wrong %d\n", name, share(sum.right), share(sum.exact), sum.wrongExact)
}

// marked finds the scalars that hold mark.
func marked(n *yaml.Node, mark string, fn func(*yaml.Node)) {
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, mark) {
		fn(n)
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			marked(n.Content[i+1], mark, fn)
		}
		return
	}
	for _, c := range n.Content {
		marked(c, mark, fn)
	}
}
