// Package bom writes what an image holds as a bill of materials, for others to
// read: CycloneDX and SPDX. Both hold what the inventory holds and no more.
package bom

import (
	"bytes"
	"cmp"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// CycloneDX is the list of packages as CycloneDX 1.6, written by this version
// of the program; when is RFC 3339, or "" to say nothing of it.
func CycloneDX(inv *image.Inventory, version, when string) ([]byte, error) {
	bom := cdx.NewBOM()
	root := cdx.Component{Type: cdx.ComponentTypeContainer, Name: inv.Image.Repository(), Version: inv.Image.Digest, BOMRef: inv.Image.Digest}
	bom.Metadata = &cdx.Metadata{Timestamp: when, Component: &root, Tools: &cdx.ToolsChoice{Components: &[]cdx.Component{{Type: cdx.ComponentTypeApplication, Name: "kustoms", Version: version}}}}
	components := []cdx.Component{}
	if d := inv.Distro; d.ID != "" {
		components = append(components, cdx.Component{Type: cdx.ComponentTypeOS, Name: d.ID, Version: d.Version, Description: d.Name, BOMRef: "os"})
	}
	seen := map[string]bool{}
	for _, p := range inv.Packages {
		ref := cmp.Or(p.PURL, p.Name+"@"+p.Version) + "#" + p.Path
		if seen[ref] {
			continue
		}
		seen[ref] = true
		c := cdx.Component{Type: cdx.ComponentTypeLibrary, Name: p.Name, Version: p.Version, PackageURL: p.PURL, BOMRef: ref}
		if p.Path != "" {
			c.Evidence = &cdx.Evidence{Occurrences: &[]cdx.EvidenceOccurrence{{Location: p.Path}}}
		}
		if len(p.Licenses) > 0 {
			var all cdx.Licenses
			for _, l := range p.Licenses {
				all = append(all, cdx.LicenseChoice{License: &cdx.License{Name: l}})
			}
			c.Licenses = &all
		}
		components = append(components, c)
	}
	bom.Components = &components
	var b bytes.Buffer
	err := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).EncodeVersion(bom, cdx.SpecVersion1_6)
	return b.Bytes(), err
}
