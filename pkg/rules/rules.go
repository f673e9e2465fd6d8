// Package rules lists the families of built-in rules. The catalogue,
// catalogue.csv, is the published contract: a row a rule, with its severity,
// the standards it serves and other tools' equal checks. `make generate`
// writes zz_families.go and zz_catalogue.go from it and from the folders; a
// test keeps code and catalogue equal.
package rules

import (
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/rule"
)

//go:generate go run ../internal/gen/code
//go:generate go run ../internal/gen/docs

// catalogued is what the catalogue adds to a rule's own literal.
type catalogued struct {
	standards []string
	peers     map[string][]string // equal checks
	related   map[string][]string // those that share some cases
}

// All lists the families and their rules, each completed with its family,
// standards and peers. Rules are sorted by id within a family.
func All() []rule.Family {
	families := families()
	for i, f := range families {
		rs := make([]*rule.Rule, len(f.Rules))
		for j, r := range f.Rules {
			c := *r
			c.Family = f.Name
			row := catalogue[r.ID]
			c.Standards, c.Peers, c.Related = row.standards, row.peers, row.related
			rs[j] = &c
		}
		slices.SortFunc(rs, func(a, b *rule.Rule) int { return strings.Compare(a.ID, b.ID) })
		families[i].Rules = rs
	}
	return families
}

// Flat lists all rules, sorted by id.
func Flat() []*rule.Rule {
	var out []*rule.Rule
	for _, f := range All() {
		out = append(out, f.Rules...)
	}
	slices.SortFunc(out, func(a, b *rule.Rule) int { return strings.Compare(a.ID, b.ID) })
	return out
}
