package share

import (
	"bytes"
	"cmp"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// bill is the list of packages as CycloneDX 1.6.
func bill(res *image.Result, version, when string) ([]byte, error) {
	bom := cdx.NewBOM()
	root := cdx.Component{Type: cdx.ComponentTypeContainer, Name: res.Image.Repository(), Version: res.Image.Digest, BOMRef: res.Image.Digest}
	bom.Metadata = &cdx.Metadata{Timestamp: when, Component: &root, Tools: &cdx.ToolsChoice{Components: &[]cdx.Component{{Type: cdx.ComponentTypeApplication, Name: "kustoms", Version: version}}}}
	components := []cdx.Component{}
	if d := res.Distro; d.ID != "" {
		components = append(components, cdx.Component{Type: cdx.ComponentTypeOS, Name: d.ID, Version: d.Version, Description: d.Name, BOMRef: "os"})
	}
	seen := map[string]bool{}
	for _, p := range res.Packages {
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
