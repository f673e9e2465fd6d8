package match

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Matcher finds the vulnerabilities of packages in open indexes.
type Matcher struct {
	// Indexes by Base of the ecosystem.
	Indexes map[string]*Index
	// Unimportant keeps what a distribution calls unimportant, too.
	Unimportant bool
}

// Found is what a Matcher found.
type Found struct {
	Vulnerabilities []result.Vulnerability
	Hidden          int // unimportant ones that were left out
	Gaps            []image.Gap
}

// hit is one advisory that affects one package.
type hit struct {
	pkg     *image.Package
	index   records
	fixed   string
	urgency string
	sev     []severity
}

// records tells what is known of an advisory; nil if it is not there.
type records interface {
	detail(id string) (*detail, error)
}

// Needed lists the ecosystems, by Base, whose advisories the packages need.
func Needed(pkgs []image.Package) []string {
	seen := map[string]bool{}
	for _, p := range pkgs {
		if p.Ecosystem != "" {
			seen[Base(p.Ecosystem)] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// Match looks the packages of an inventory up.
func (m *Matcher) Match(ctx context.Context, inv *image.Inventory) (*Found, error) {
	found := &Found{}
	hits := map[string][]hit{} // by advisory
	uncomparable := map[string]string{}
	for i := range inv.Packages {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p := &inv.Packages[i]
		x := m.Indexes[Base(p.Ecosystem)]
		if x == nil {
			continue
		}
		for _, q := range queries(p) {
			v, verr := parseVersion(p.Ecosystem, q.version)
			err := x.advisories(q.key, func(a *affected) error {
				if verr != nil {
					uncomparable[p.Name+" "+p.Version] = verr.Error()
					return nil
				}
				yes, fixed, err := a.affects(p.Ecosystem, v, q.version)
				if err != nil {
					uncomparable[a.ID+" for "+p.Name] = err.Error()
				}
				if yes && !slices.ContainsFunc(hits[a.ID], func(h hit) bool { return h.pkg == p }) {
					hits[a.ID] = append(hits[a.ID], hit{p, x, fixed, a.Urgency, a.Severity})
				}
				return nil
			})
			if err != nil {
				return nil, &image.DataError{Why: fmt.Sprintf("advisories of %s: %v", p.Ecosystem, err), Run: "kustoms db update " + Base(p.Ecosystem)}
			}
		}
	}
	found.Gaps = coverage(inv)
	for _, what := range slices.Sorted(maps.Keys(uncomparable)) {
		found.Gaps = append(found.Gaps, image.Gap{What: what, Why: uncomparable[what], Known: true})
	}
	if err := m.take(found, inv, hits); err != nil {
		return nil, err
	}
	return found, nil
}

// take adds what the hits amount to.
func (m *Matcher) take(found *Found, inv *image.Inventory, hits map[string][]hit) error {
	groups, err := m.group(hits)
	if err != nil {
		return err
	}
	for _, g := range groups {
		v, err := m.vulnerability(inv, g)
		if err != nil {
			return err
		}
		if v.Rating == result.RatedNegligible && g.unimportant() && !m.Unimportant {
			found.Hidden++
			continue
		}
		found.Vulnerabilities = append(found.Vulnerabilities, v)
	}
	slices.SortFunc(found.Vulnerabilities, func(a, b result.Vulnerability) int {
		return cmp.Or(cmp.Compare(b.Rating.Severity(), a.Rating.Severity()), strings.Compare(a.ID, b.ID))
	})
	return nil
}

type query struct{ key, version string }

// queries are the names under which advisories may speak of a package: its
// source and, where databases name binary packages (RPM), itself; and the
// ecosystem without a release, which stands for all releases.
func queries(p *image.Package) []query {
	name, version := cmp.Or(p.Source, p.Name), cmp.Or(p.SourceVersion, p.Version)
	out := []query{{Key(p.Ecosystem, name), version}}
	if strings.HasPrefix(p.PURL, "pkg:rpm/") && name != p.Name {
		out = append(out, query{Key(p.Ecosystem, p.Name), p.Version})
	}
	if base := Base(p.Ecosystem); base != p.Ecosystem {
		for _, q := range slices.Clone(out) {
			_, name, _ := strings.Cut(q.key, "\x00")
			out = append(out, query{Key(base, name), q.version})
		}
	}
	return out
}

// group is one vulnerability: the ids that mean it, and the advisories that
// speak of it.
type group struct {
	ids     map[string]bool // the same fault, by aliases
	details []*detail       // sorted by id
	hits    map[string][]hit
}

// group joins advisories that are aliases of each other. An advisory with
// upstream ids (an erratum) speaks of each of them, and joins none.
func (m *Matcher) group(hits map[string][]hit) ([]*group, error) {
	parent := map[string]string{}
	var find func(string) string
	find = func(id string) string {
		p, ok := parent[id]
		if !ok || p == id {
			parent[id] = id
			return id
		}
		parent[id] = find(p)
		return parent[id]
	}
	details := map[string]*detail{}
	ids := slices.Sorted(maps.Keys(hits))
	for _, id := range ids {
		d, err := hits[id][0].index.detail(id)
		if err != nil || d == nil {
			return nil, &image.DataError{Why: fmt.Sprintf("advisory %s is not in the index (%v)", id, err), Run: "kustoms db update"}
		}
		details[id] = d
		if len(d.Upstream) > 0 {
			for _, u := range d.Upstream {
				find(u)
			}
			continue
		}
		for _, a := range d.Aliases {
			parent[find(a)] = find(id)
		}
		find(id)
	}
	groups := map[string]*group{}
	at := func(root string) *group {
		g := groups[root]
		if g == nil {
			g = &group{ids: map[string]bool{}, hits: map[string][]hit{}}
			groups[root] = g
		}
		return g
	}
	for id := range parent {
		at(find(id)).ids[id] = true
	}
	for _, id := range ids {
		d := details[id]
		names := d.Upstream
		if len(names) == 0 {
			names = []string{id}
		}
		for _, n := range names {
			g := at(find(n))
			if g.hits[id] == nil {
				g.details = append(g.details, d)
				g.hits[id] = hits[id]
			}
		}
	}
	out := slices.Collect(maps.Values(groups))
	return slices.DeleteFunc(out, func(g *group) bool { return len(g.details) == 0 }), nil
}

// id is the CVE if there is one, else the first id; the lowest of several.
func (g *group) id() string {
	return slices.MinFunc(slices.Collect(maps.Keys(g.ids)), func(a, b string) int {
		if isCVE(a) != isCVE(b) {
			if isCVE(a) {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
}

// unimportant reports whether every advisory calls it so.
func (g *group) unimportant() bool {
	for _, hs := range g.hits {
		for _, h := range hs {
			if w := strings.Trim(h.urgency, "*"); w != "unimportant" && w != "negligible" {
				return false
			}
		}
	}
	return true
}

func (m *Matcher) vulnerability(inv *image.Inventory, g *group) (result.Vulnerability, error) {
	v := result.Vulnerability{ID: g.id(), Image: inv.Image}
	var sev rated
	aliases := maps.Clone(g.ids)
	for _, d := range g.details {
		aliases[d.ID] = true
		describe(&v, d)
		sev.add(d.ID, d.Severity)
		sev.say(d.Words, d.ID)
		for _, h := range g.hits[d.ID] {
			sev.add(d.ID, h.sev)
		}
	}
	if err := m.join(&v, g, &sev); err != nil {
		return v, err
	}
	for _, d := range g.details {
		for _, h := range g.hits[d.ID] {
			sev.say(h.urgency, d.ID)
		}
	}
	delete(aliases, v.ID)
	v.Aliases = slices.Sorted(maps.Keys(aliases))
	v.Rating, v.RatedBy = sev.rating()
	v.CVSS = sev.cvss
	slices.Sort(v.Refs)
	v.Refs = slices.Compact(v.Refs)
	v.Packages = g.packages(inv)
	return v, nil
}

// describe takes from a record what the vulnerability does not say yet.
func describe(v *result.Vulnerability, d *detail) {
	if v.Title == "" {
		v.Title = d.Summary
	}
	if len(d.Details) > len(v.Details) {
		v.Details = d.Details
	}
	if v.Published == "" || d.Published != "" && d.Published < v.Published {
		v.Published = d.Published
	}
	v.Modified = max(v.Modified, d.Modified)
	v.Refs = append(v.Refs, d.Refs...)
}

// join takes scores and words from records of any open index that are of the
// same fault: distributions often give none.
func (m *Matcher) join(v *result.Vulnerability, g *group, sev *rated) error {
	if len(sev.cvss) > 0 && v.Title != "" {
		return nil
	}
	for _, base := range slices.Sorted(maps.Keys(m.Indexes)) {
		x := m.Indexes[base]
		for _, id := range slices.Sorted(maps.Keys(g.ids)) {
			others, err := x.naming(id)
			if err != nil {
				return err
			}
			for _, o := range append([]string{id}, others...) {
				if g.hits[o] != nil {
					continue
				}
				d, err := x.detail(o)
				if err != nil {
					return err
				}
				if d == nil || len(d.Upstream) > 1 { // an erratum's score is not the fault's
					continue
				}
				sev.add(d.ID, d.Severity)
				sev.say(d.Words, d.ID)
				describe(v, &detail{Summary: d.Summary, Details: d.Details, Published: d.Published, Refs: d.Refs})
			}
		}
	}
	return nil
}

// packages are those that the group's advisories affect. Where advisories
// name different fixes, the highest mends all of them.
func (g *group) packages(inv *image.Inventory) []result.AffectedPackage {
	fixed := map[*image.Package]string{}
	for _, d := range g.details {
		for _, h := range g.hits[d.ID] {
			old, seen := fixed[h.pkg]
			if !seen || old == "" {
				fixed[h.pkg] = h.fixed
			} else if h.fixed != "" {
				if n, err := Compare(h.pkg.Ecosystem, h.fixed, old); err == nil && n > 0 {
					fixed[h.pkg] = h.fixed
				}
			}
		}
	}
	var out []result.AffectedPackage
	for p, fix := range fixed {
		a := result.AffectedPackage{
			Name: p.Name, Installed: p.Version, Fixed: fix, Ecosystem: p.Ecosystem, PURL: p.PURL,
			Source: p.Source, SourceVersion: p.SourceVersion, Path: p.Path, Layer: result.Layer{Index: -1},
		}
		if p.Layer >= 0 && p.Layer < len(inv.Layers) {
			a.Layer = inv.Layers[p.Layer]
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b result.AffectedPackage) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Installed, b.Installed), strings.Compare(a.Path, b.Path))
	})
	return out
}
