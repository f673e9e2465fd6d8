// Package vex reads what vendors and operators state about vulnerabilities of
// their products (VEX): OpenVEX, CSAF and CycloneDX documents become one list
// of statements, and Apply says of each vulnerability that a scanner finds
// what is stated of it.
//
// A statement counts only if it surely speaks of the package at hand: by a
// package URL, or of an image by its digest or by a name with its registry.
// What cannot be told so is left out, and Load says how much that was.
package vex

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// Documents is what was read. The zero value states nothing.
type Documents struct {
	byID map[string][]*statement
	// Remarks say what of the documents cannot be applied.
	Remarks []string
}

// statement is one status of one fault in some products.
type statement struct {
	ids      []string // of the fault
	said     result.VEX
	time     time.Time // zero if unknown
	products []product
}

// product is what a statement speaks of: itself, or the parts of it.
type product struct {
	identity
	parts []identity
}

// identity names one thing; any of its names does.
type identity struct {
	purls   []string
	digests []string // "sha256:…"
	names   []string // of images, as a reference
}

func (i identity) empty() bool { return len(i.purls)+len(i.digests)+len(i.names) == 0 }

// reader reads one format; a statement whose products it cannot tell has none.
type reader func(text []byte) ([]*statement, error)

// Load adds the document that the file name holds. The error says what is
// wrong with it: a document that is read in part would clear nothing silently.
func (d *Documents) Load(name string, text []byte) error {
	read, err := formatOf(text)
	if err != nil {
		return err
	}
	stated, err := read(text)
	if err != nil {
		return err
	}
	if d.byID == nil {
		d.byID = map[string][]*statement{}
	}
	vague := 0
	for _, s := range stated {
		s.said.File = name
		s.products = slices.DeleteFunc(s.products, func(p product) bool {
			return p.empty() || slices.ContainsFunc(p.parts, identity.empty)
		})
		if len(s.products) == 0 {
			vague++
			continue
		}
		for _, id := range s.ids {
			d.byID[id] = append(d.byID[id], s)
		}
	}
	if vague > 0 {
		d.Remarks = append(d.Remarks, fmt.Sprintf("%s: %d of %d statements are not applied: they name no product by package URL, image digest or image name", name, vague, len(stated)))
	}
	return nil
}

// formatOf tells the format by what each requires.
func formatOf(text []byte) (reader, error) {
	var head struct {
		Context   any    `json:"@context"`
		BOMFormat string `json:"bomFormat"`
		Document  *struct {
			Version string `json:"csaf_version"`
		} `json:"document"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("no JSON: %w", err)
	}
	switch {
	case strings.Contains(fmt.Sprint(head.Context), "openvex"):
		return openVEX, nil
	case head.Document != nil && head.Document.Version != "":
		return csaf, nil
	case head.BOMFormat == "CycloneDX":
		return cycloneDX, nil
	}
	return nil, fmt.Errorf("no VEX: want OpenVEX (@context), CSAF (document.csaf_version) or CycloneDX (bomFormat)")
}

// Apply is s with what is stated of each vulnerability.
func Apply(s image.Scanner, d *Documents) image.Scanner {
	if len(d.byID) == 0 {
		return s
	}
	return stated{s, d}
}

type stated struct {
	image.Scanner
	d *Documents
}

// Scan marks a copy: a result may be shared.
func (s stated) Scan(ctx context.Context, ref string) (*image.Result, error) {
	r, err := s.Scanner.Scan(ctx, ref)
	if err != nil || r == nil {
		return r, err
	}
	own := *r
	own.Vulnerabilities = slices.Clone(r.Vulnerabilities)
	for i := range own.Vulnerabilities {
		s.d.mark(&own.Vulnerabilities[i], r.Image)
	}
	return &own, nil
}

// mark adds the statements that hold, one for each package: the newest or, of
// equally new ones, the one that clears nothing.
func (d *Documents) mark(v *result.Vulnerability, img result.ImageID) {
	var about []*statement
	for _, id := range append([]string{v.ID}, v.Aliases...) {
		about = append(about, d.byID[id]...)
	}
	if len(about) == 0 {
		return
	}
	where := newImageNames(img)
	cleared := 0
	for _, p := range v.Packages {
		var holds *statement
		for _, s := range about {
			if !s.covers(where, p) {
				continue
			}
			if holds == nil || cmp.Or(s.time.Compare(holds.time), rank(s)-rank(holds)) > 0 {
				holds = s
			}
		}
		if holds == nil {
			continue
		}
		if holds.said.Clears() {
			cleared++
		}
		if !slices.Contains(v.VEX, holds.said) {
			v.VEX = append(v.VEX, holds.said)
		}
	}
	v.NotAffected = len(v.Packages) > 0 && cleared == len(v.Packages)
}

func rank(s *statement) int {
	if s.said.Clears() {
		return 0
	}
	return 1
}

func (s *statement) covers(where imageNames, p result.AffectedPackage) bool {
	// That a version mends the fault says nothing of other versions.
	exact := s.said.Status == result.VEXFixed
	return slices.ContainsFunc(s.products, func(q product) bool {
		if len(q.parts) == 0 {
			return where.is(q.identity) || isPackage(q.identity, p, exact)
		}
		return where.is(q.identity) && slices.ContainsFunc(q.parts, func(i identity) bool { return isPackage(i, p, exact) })
	})
}
