package vex

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

var cdxStatus = map[cdx.ImpactAnalysisState]result.VEXStatus{
	cdx.IASNotAffected: result.VEXNotAffected, cdx.IASFalsePositive: result.VEXNotAffected,
	cdx.IASResolved: result.VEXFixed, cdx.IASResolvedWithPedigree: result.VEXFixed,
	cdx.IASExploitable: result.VEXAffected, cdx.IASInTriage: result.VEXUnderInvestigation,
}

// cycloneDX reads a BOM with analyses of vulnerabilities
// (https://cyclonedx.org/capabilities/vex/), by itself or beside an SBOM.
// Vulnerabilities without an analysis state nothing.
func cycloneDX(text []byte) ([]*statement, error) {
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(text), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		return nil, fmt.Errorf("no CycloneDX: %w", err)
	}
	parts := map[string]product{} // by bom-ref
	var doc time.Time
	var author string
	var scope *identity
	if m := bom.Metadata; m != nil {
		doc, _ = time.Parse(time.RFC3339, m.Timestamp)
		switch {
		case m.Supplier != nil:
			author = m.Supplier.Name
		case m.Authors != nil && len(*m.Authors) > 0:
			author = (*m.Authors)[0].Name
		}
		if c := m.Component; c != nil {
			i := cdxIdentity(c)
			parts[c.BOMRef] = product{identity: i}
			scope = &i
			cdxParts(parts, scope, c.Components, 0)
		}
	}
	cdxParts(parts, scope, bom.Components, 0)
	var out []*statement
	if bom.Vulnerabilities == nil {
		return nil, nil
	}
	for n, v := range *bom.Vulnerabilities {
		if v.Analysis == nil || v.Analysis.State == "" {
			continue
		}
		status, ok := cdxStatus[v.Analysis.State]
		if !ok {
			return nil, fmt.Errorf("vulnerabilities[%d].analysis.state: unknown state %q", n, v.Analysis.State)
		}
		if v.ID == "" {
			return nil, fmt.Errorf("vulnerabilities[%d]: id is missing", n)
		}
		s := &statement{ids: []string{v.ID}, said: result.VEX{
			Status: status, Justification: string(v.Analysis.Justification), Detail: words(v.Analysis.Detail), Author: author, Document: bom.SerialNumber,
		}}
		if v.References != nil {
			for _, r := range *v.References {
				s.ids = append(s.ids, r.ID)
			}
		}
		for _, w := range []string{v.Analysis.LastUpdated, v.Analysis.FirstIssued, v.Updated} {
			if t, err := time.Parse(time.RFC3339, w); err == nil {
				s.at(t)
				break
			}
		}
		if s.time.IsZero() && !doc.IsZero() {
			s.at(doc)
		}
		if v.Affects != nil {
			for _, a := range *v.Affects {
				s.products = append(s.products, cdxRef(parts, a.Ref))
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// cdxParts notes components and those below them, each in the image that holds
// it, or in the document's own subject.
func cdxParts(parts map[string]product, in *identity, cs *[]cdx.Component, depth int) {
	if cs == nil || depth > maxBranches {
		return
	}
	for i := range *cs {
		c := &(*cs)[i]
		own := cdxIdentity(c)
		below := in
		if c.Type == cdx.ComponentTypeContainer {
			parts[c.BOMRef] = product{identity: own}
			below = &own
		} else if in != nil {
			parts[c.BOMRef] = product{identity: *in, parts: []identity{own}}
		} else {
			parts[c.BOMRef] = product{identity: own}
		}
		cdxParts(parts, below, c.Components, depth+1)
	}
}

// cdxRef is what a bom-ref, or a BOM-Link to a component of another document,
// names. Many tools use package URLs for references, which speak for
// themselves.
func cdxRef(parts map[string]product, ref string) product {
	if p, ok := parts[ref]; ok {
		return p
	}
	if _, frag, ok := strings.Cut(ref, "#"); ok && strings.HasPrefix(ref, "urn:cdx:") {
		ref = frag
		if u, err := url.PathUnescape(frag); err == nil {
			ref = u
		}
		if p, ok := parts[ref]; ok {
			return p
		}
	}
	if strings.HasPrefix(ref, "pkg:") {
		return product{identity: identity{purls: []string{ref}}}
	}
	return product{}
}

func cdxIdentity(c *cdx.Component) (i identity) {
	if c.PackageURL != "" {
		i.purls = append(i.purls, c.PackageURL)
	}
	if c.Hashes != nil {
		for _, h := range *c.Hashes {
			if h.Algorithm == cdx.HashAlgoSHA256 {
				i.digests = append(i.digests, "sha256:"+strings.ToLower(h.Value))
			}
		}
	}
	if c.Type == cdx.ComponentTypeContainer {
		if strings.HasPrefix(c.Version, "sha256:") {
			i.digests = append(i.digests, c.Version)
		} else if c.Version == "" || strings.Contains(c.Name, "@") || strings.LastIndexByte(c.Name, ':') > strings.LastIndexByte(c.Name, '/') {
			i.names = append(i.names, c.Name)
		} else {
			i.names = append(i.names, c.Name+":"+c.Version)
		}
	}
	return i
}
