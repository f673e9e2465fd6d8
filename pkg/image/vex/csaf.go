package vex

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// csafDocument is what VEX needs of a CSAF document
// (https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html).
type csafDocument struct {
	Document struct {
		Category  string `json:"category"`
		Publisher struct {
			Name string `json:"name"`
		} `json:"publisher"`
		Tracking struct {
			ID      string     `json:"id"`
			Current *time.Time `json:"current_release_date"`
		} `json:"tracking"`
	} `json:"document"`
	Tree struct {
		Branches      []csafBranch  `json:"branches"`
		Names         []csafProduct `json:"full_product_names"`
		Relationships []struct {
			Name    csafProduct `json:"full_product_name"`
			Product string      `json:"product_reference"`
			Of      string      `json:"relates_to_product_reference"`
		} `json:"relationships"`
		Groups []struct {
			ID       string   `json:"group_id"`
			Products []string `json:"product_ids"`
		} `json:"product_groups"`
	} `json:"product_tree"`
	Vulnerabilities []struct {
		CVE string `json:"cve"`
		IDs []struct {
			Text string `json:"text"`
		} `json:"ids"`
		Status  map[string][]string `json:"product_status"`
		Flags   []csafRemark        `json:"flags"`
		Threats []csafRemark        `json:"threats"`
	} `json:"vulnerabilities"`
}

type csafBranch struct {
	Branches []csafBranch `json:"branches"`
	Product  *csafProduct `json:"product"`
}

type csafProduct struct {
	ID     string `json:"product_id"`
	Helper struct {
		PURL   string   `json:"purl"`
		PURLs  []string `json:"purls"` // of CSAF 2.1
		Hashes []struct {
			Files []struct {
				Algorithm string `json:"algorithm"`
				Value     string `json:"value"`
			} `json:"file_hashes"`
		} `json:"hashes"`
	} `json:"product_identification_helper"`
}

// csafRemark is a flag or a threat.
type csafRemark struct {
	Label    string   `json:"label"`
	Category string   `json:"category"`
	Details  string   `json:"details"`
	Products []string `json:"product_ids"`
	Groups   []string `json:"group_ids"`
}

var csafStatus = map[string]result.VEXStatus{
	"known_not_affected": result.VEXNotAffected, "fixed": result.VEXFixed, "first_fixed": result.VEXFixed,
	"known_affected": result.VEXAffected, "first_affected": result.VEXAffected, "last_affected": result.VEXAffected,
	"under_investigation": result.VEXUnderInvestigation, "recommended": "",
}

const maxBranches = 100 // in each other

func csaf(text []byte) ([]*statement, error) {
	var doc csafDocument
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("no CSAF 2: %w", err)
	}
	switch doc.Document.Category {
	case "csaf_vex", "csaf_security_advisory":
	default:
		return nil, fmt.Errorf("document.category is %q, want csaf_vex or csaf_security_advisory", doc.Document.Category)
	}
	products, groups, err := doc.products()
	if err != nil {
		return nil, err
	}
	var out []*statement
	for i, v := range doc.Vulnerabilities {
		ids := []string{}
		if v.CVE != "" {
			ids = append(ids, v.CVE)
		}
		for _, id := range v.IDs {
			ids = append(ids, id.Text)
		}
		if len(ids) == 0 {
			return nil, fmt.Errorf("vulnerabilities[%d]: neither cve nor ids", i)
		}
		for _, word := range slices.Sorted(maps.Keys(v.Status)) {
			status, ok := csafStatus[word]
			if !ok {
				return nil, fmt.Errorf("vulnerabilities[%d].product_status: unknown status %q", i, word)
			}
			if status == "" {
				continue
			}
			for _, id := range v.Status[word] {
				p, ok := products[id]
				if !ok {
					return nil, fmt.Errorf("vulnerabilities[%d].product_status.%s: the product tree has no %q", i, word, id)
				}
				about := func(r csafRemark) bool {
					return slices.Contains(r.Products, id) || slices.ContainsFunc(r.Groups, func(g string) bool { return slices.Contains(groups[g], id) })
				}
				s := &statement{ids: ids, products: []product{p}, said: result.VEX{Status: status, Author: doc.Document.Publisher.Name, Document: doc.Document.Tracking.ID}}
				for _, f := range v.Flags {
					if status == result.VEXNotAffected && about(f) {
						s.said.Justification = f.Label
					}
				}
				for _, t := range v.Threats {
					if t.Category == "impact" && about(t) {
						s.said.Detail = words(t.Details)
					}
				}
				if status == result.VEXNotAffected && s.said.Justification == "" && s.said.Detail == "" {
					return nil, fmt.Errorf("vulnerabilities[%d]: %q is known_not_affected, and neither a flag nor a threat of category impact says why", i, id)
				}
				if t := doc.Document.Tracking.Current; t != nil {
					s.at(*t)
				}
				out = append(out, s)
			}
		}
	}
	return out, nil
}

// products are the tree's products and groups by id. What is part of another
// product, such as a package of an image, counts there alone.
func (d *csafDocument) products() (map[string]product, map[string][]string, error) {
	out := map[string]product{}
	var walk func(bs []csafBranch, depth int) error
	walk = func(bs []csafBranch, depth int) error {
		if depth > maxBranches {
			return errors.New("product_tree: branches are nested too deeply")
		}
		for _, b := range bs {
			if b.Product != nil {
				out[b.Product.ID] = product{identity: b.Product.identity()}
			}
			if err := walk(b.Branches, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(d.Tree.Branches, 0); err != nil {
		return nil, nil, err
	}
	for _, p := range d.Tree.Names {
		out[p.ID] = product{identity: p.identity()}
	}
	for i, r := range d.Tree.Relationships {
		part, ok := out[r.Product]
		whole, of := out[r.Of]
		if !ok || !of {
			return nil, nil, fmt.Errorf("product_tree.relationships[%d]: no product %q or %q", i, r.Product, r.Of)
		}
		p := product{identity: whole.identity, parts: []identity{part.identity}}
		if own := r.Name.identity(); !own.empty() && whole.empty() {
			p.identity = own
		}
		out[r.Name.ID] = p
	}
	groups := map[string][]string{}
	for _, g := range d.Tree.Groups {
		groups[g.ID] = g.Products
	}
	return out, groups, nil
}

func (p csafProduct) identity() (i identity) {
	for _, u := range append([]string{p.Helper.PURL}, p.Helper.PURLs...) {
		if u != "" {
			i.purls = append(i.purls, u)
		}
	}
	for _, h := range p.Helper.Hashes {
		for _, f := range h.Files {
			if f.Algorithm == "sha256" {
				i.digests = append(i.digests, "sha256:"+strings.ToLower(f.Value))
			}
		}
	}
	return i
}
