package gitops

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// plan decides which targets stand.
//
// A bare node is covered if an object deploys it. Objects of a covered node
// count only as the build that covers it gives them, so the live roots are the
// bare nodes that nothing else leads to. Where bare nodes lead to each other
// (Flux deploys the directory that holds its own Kustomization), one of them
// is the root of all.
func (x *expander) plan() *Plan {
	covers := map[*node]map[string]bool{} // by root
	for _, n := range x.bare {
		covers[n] = map[string]bool{}
	}
	for _, n := range x.all {
		x.cover(n, covers[n.root])
	}
	live, covered := map[*node]bool{}, map[string]bool{}
	raise := func(n *node) {
		live[n] = true
		for k := range covers[n] {
			covered[k] = true
		}
	}
	leads := func(a, b *node) bool { return a != b && covers[a][b.key] }
	ways := map[string]int{} // how many bare nodes lead to a key
	for _, n := range x.bare {
		for k := range covers[n] {
			ways[k]++
		}
	}
	var open []*node
	for _, n := range x.bare {
		others := ways[n.key]
		if covers[n][n.key] {
			others--
		}
		if others > 0 {
			open = append(open, n)
		} else {
			raise(n)
		}
	}
	for {
		open = slices.DeleteFunc(open, func(n *node) bool { return covered[n.key] })
		i := slices.IndexFunc(open, func(n *node) bool {
			return !slices.ContainsFunc(open, func(m *node) bool { return leads(m, n) && !leads(n, m) })
		})
		if i < 0 {
			break
		}
		raise(open[i])
		open = slices.Delete(open, i, i+1)
	}
	return x.assemble(live, covered)
}

// cover adds to keys what the deployed node n covers.
func (x *expander) cover(n *node, keys map[string]bool) {
	t := &n.t
	files := map[string]bool{}
	for _, f := range t.Files {
		files[f] = true
	}
	dirs := map[string]bool{}
	if t.Kind == result.KindKustomize {
		dirs[t.Path] = true
	}
	if k := t.Kustomize; k != nil {
		for _, p := range slices.Concat(k.Resources, k.Components) {
			files[p], dirs[p] = true, true
		}
	}
	for i := range x.Found {
		f := &x.Found[i]
		switch {
		case f.Kind == result.KindPlain && len(files) > 0:
			for _, p := range f.Files {
				if files[p] {
					keys["file:"+p] = true
				}
			}
		case f.Kind == result.KindKustomize && dirs[f.Path],
			f.Kind == result.KindHelm && t.Kind == result.KindHelm && f.Path == t.Path && uses(t.Helm, f.Helm):
			keys[string(f.Kind)+":"+f.Name] = true
		}
	}
}

// uses reports whether a takes the values files of b: an environment that no
// object deploys is scanned all the same.
func uses(a, b *result.Helm) bool {
	return a != nil && (b == nil || !slices.ContainsFunc(b.ValueFiles, func(f string) bool { return !slices.Contains(a.ValueFiles, f) }))
}

// assemble lists the targets that stand, under names of their own.
func (x *expander) assemble(live map[*node]bool, covered map[string]bool) *Plan {
	p := &Plan{followed: map[string]bool{}, notes: map[string][]result.Stage{}}
	homes := map[int]string{} // the names of found targets that stand
	for i, t := range x.Found {
		if t.Kind == result.KindPlain && t.Status != result.Skipped {
			kept := slices.DeleteFunc(slices.Clone(t.Files), func(f string) bool { return covered["file:"+f] })
			if len(kept) == 0 {
				continue
			}
			t.Files = kept
		} else if covered[string(t.Kind)+":"+t.Name] {
			continue
		}
		homes[i] = t.Name
		p.Targets = append(p.Targets, t)
	}
	same := map[string]bool{}
	var stand []*node
	for _, n := range x.all {
		if c := content(&n.t); live[n.root] && !same[c] {
			same[c] = true
			stand = append(stand, n)
		}
	}
	name(stand, p.Targets)
	for _, n := range stand {
		p.Targets = append(p.Targets, n.t)
		p.add(n.t.Name, n)
	}
	for _, n := range x.bare {
		switch home, ok := homes[n.home]; {
		case !live[n]:
		case ok:
			p.add(home, n)
		default: // covered, and the root of what covers it
			for _, m := range stand {
				if m.root == n {
					p.add(m.t.Name, n)
					break
				}
			}
		}
	}
	for i, t := range x.Found {
		if _, ok := homes[i]; ok {
			p.followed[t.Name] = true
		}
	}
	slices.SortFunc(p.Targets, func(a, b result.Target) int { return strings.Compare(a.Name, b.Name) })
	return p
}

// add takes over what a node notes, under the name of its target.
func (p *Plan) add(name string, n *node) {
	p.followed[name] = true
	for _, st := range n.notes {
		st.Target = name
		if !slices.Contains(p.notes[name], st) {
			p.notes[name] = append(p.notes[name], st)
		}
	}
}

// name makes the names of deployed targets unique: of several with one name
// each takes in the target that led to it, and only then a number.
func name(ns []*node, taken []result.Target) {
	count := map[string]int{}
	for _, t := range taken {
		count[t.Name]++
	}
	for _, n := range ns {
		count[n.t.Name]++
	}
	for _, n := range ns {
		if count[n.t.Name] > 1 {
			at := n.root.t.Name
			if n.root.t.Kind == result.KindPlain {
				at = path.Dir(n.root.t.Files[0])
			}
			n.t.Name += "@" + at
		}
	}
	seen := map[string]int{}
	for _, t := range taken {
		seen[t.Name]++
	}
	for _, n := range ns {
		if seen[n.t.Name]++; seen[n.t.Name] > 1 {
			n.t.Name = fmt.Sprintf("%s#%d", n.t.Name, seen[n.t.Name])
		}
	}
}
