package match

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// Reported is what an engine that matches by itself says: one advisory
// affects one package.
type Reported struct {
	Package *image.Package // of the inventory
	ID      string
	Aliases []string // other ids of the same fault, and of what mends it
	Title   string
	Details string
	Word    string // its severity, as the engine words it
	By      string // whose word that is: "debian", "nvd"
	// Vectors are CVSS vectors, the engine's first.
	Vectors []string
	// Fixed are versions that mend it, in any order.
	Fixed     []string
	Published string
	Modified  string
	Refs      []string
}

// validID is what every database's ids look like. They become ids of rules.
var validID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:+/-]{0,127}$`)

// Join makes of reports what a Matcher makes of an index: the same grouping
// by aliases, ratings and order. A report that names no advisory, or a package
// that is none of the inventory's, is an error, for it would be lost.
func Join(inv *image.Inventory, reports []Reported) (*Found, error) {
	hits := map[string][]hit{}
	known := reported{}
	for _, r := range reports {
		if !validID.MatchString(r.ID) {
			return nil, fmt.Errorf("%q is no id of an advisory", clip(r.ID))
		}
		if r.Package == nil {
			return nil, fmt.Errorf("%s is said of a package that the image does not hold", r.ID)
		}
		d := known[r.ID]
		if d == nil {
			d = &detail{ID: r.ID, Summary: r.Title, Details: r.Details, Published: r.Published, Modified: r.Modified}
			for _, a := range r.Aliases {
				if a != r.ID && oneFault(a) && validID.MatchString(a) {
					d.Aliases = append(d.Aliases, a)
				}
			}
			for _, ref := range r.Refs {
				if u, err := url.Parse(ref); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
					d.Refs = append(d.Refs, ref)
				}
			}
			known[r.ID] = d
		}
		h := hit{pkg: r.Package, index: known, fixed: firstFix(r.Package, r.Fixed), urgency: strings.ToLower(r.Word)}
		for _, v := range r.Vectors {
			h.sev = append(h.sev, severity{Type: "CVSS", Score: v})
		}
		hits[r.ID] = append(hits[r.ID], h)
	}
	found := &Found{}
	if err := (&Matcher{}).take(found, inv, hits); err != nil {
		return nil, err
	}
	by, errata := map[string]string{}, map[string][]string{}
	for _, r := range reports {
		if by[r.ID] == "" {
			by[r.ID] = r.By
		}
		for _, a := range r.Aliases {
			if !oneFault(a) && validID.MatchString(a) {
				errata[r.ID] = append(errata[r.ID], a)
			}
		}
	}
	for i := range found.Vulnerabilities {
		v := &found.Vulnerabilities[i]
		v.RatedBy = cmp.Or(by[v.RatedBy], v.RatedBy)
		for _, id := range append([]string{v.ID}, v.Aliases...) {
			v.Aliases = append(v.Aliases, errata[id]...)
		}
		slices.Sort(v.Aliases)
		v.Aliases = slices.Compact(v.Aliases)
	}
	return found, nil
}

// oneFault reports whether ids of this kind stand for one fault. Others are
// errata, which mend several: they join none.
func oneFault(id string) bool {
	kind, _, _ := strings.Cut(id, "-")
	return slices.Contains([]string{"CVE", "GHSA", "GO", "PYSEC", "RUSTSEC"}, kind)
}

type reported map[string]*detail

func (r reported) detail(id string) (*detail, error) { return r[id], nil }

// firstFix is the lowest version over the installed one, or the first of
// versions that cannot be compared.
func firstFix(p *image.Package, fixed []string) string {
	installed := cmp.Or(p.SourceVersion, p.Version)
	best := ""
	for _, f := range fixed {
		if f = strings.TrimSpace(f); f == "" {
			continue
		}
		if n, err := Compare(p.Ecosystem, f, installed); err != nil || n <= 0 {
			continue
		}
		if best == "" {
			best = f
		} else if n, err := Compare(p.Ecosystem, f, best); err == nil && n < 0 {
			best = f
		}
	}
	if best == "" && len(fixed) > 0 {
		return strings.TrimSpace(fixed[0])
	}
	return best
}

func clip(s string) string {
	if len(s) > 128 {
		return s[:128] + "…"
	}
	return s
}
