package bom

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kustoms-dev/kustoms/pkg/image"
)

// The part of SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/) that a list of
// packages needs. Its library would bring RDF and YAML for these few fields.
type spdxDocument struct {
	Version       string             `json:"spdxVersion"`
	License       string             `json:"dataLicense"`
	ID            string             `json:"SPDXID"`
	Name          string             `json:"name"`
	Namespace     string             `json:"documentNamespace"`
	Creation      spdxCreation       `json:"creationInfo"`
	Packages      []spdxPackage      `json:"packages"`
	Relationships []spdxRelationship `json:"relationships"`
}

type spdxCreation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type spdxPackage struct {
	ID       string          `json:"SPDXID"`
	Name     string          `json:"name"`
	Version  string          `json:"versionInfo,omitempty"`
	Download string          `json:"downloadLocation"`
	Analyzed bool            `json:"filesAnalyzed"`
	Purpose  string          `json:"primaryPackagePurpose,omitempty"`
	Source   string          `json:"sourceInfo,omitempty"`
	Refs     []spdxReference `json:"externalRefs,omitempty"`
}

type spdxReference struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type spdxRelationship struct {
	From string `json:"spdxElementId"`
	Type string `json:"relationshipType"`
	To   string `json:"relatedSpdxElement"`
}

const unknown = "NOASSERTION"

// SPDX is the list of packages as SPDX 2.3 in JSON, written by this version of
// the program at when, RFC 3339 in UTC. Licences that packages declare are no
// SPDX expressions and are left to CycloneDX.
func SPDX(inv *image.Inventory, version, when string) ([]byte, error) {
	digest := strings.ReplaceAll(inv.Image.Digest, ":", "-")
	doc := spdxDocument{
		Version: "SPDX-2.3", License: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: inv.Image.Repository(),
		Namespace: "https://github.com/kustoms-dev/kustoms/spdx/" + digest,
		Creation:  spdxCreation{when, []string{"Tool: kustoms-" + version}},
		Packages: []spdxPackage{{
			ID: "SPDXRef-image", Name: inv.Image.Repository(), Version: inv.Image.Digest, Download: unknown, Purpose: "CONTAINER",
		}},
		Relationships: []spdxRelationship{{"SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-image"}},
	}
	if d := inv.Distro; d.ID != "" {
		doc.Packages = append(doc.Packages, spdxPackage{ID: "SPDXRef-os", Name: d.ID, Version: d.Version, Download: unknown})
		doc.Relationships = append(doc.Relationships, spdxRelationship{"SPDXRef-image", "CONTAINS", "SPDXRef-os"})
	}
	for i, p := range inv.Packages {
		q := spdxPackage{ID: fmt.Sprintf("SPDXRef-package-%d", i+1), Name: p.Name, Version: p.Version, Download: unknown}
		if p.PURL != "" {
			q.Refs = []spdxReference{{"PACKAGE-MANAGER", "purl", p.PURL}}
		}
		if p.Path != "" {
			q.Source = "listed in /" + p.Path
		}
		doc.Packages = append(doc.Packages, q)
		doc.Relationships = append(doc.Relationships, spdxRelationship{"SPDXRef-image", "CONTAINS", q.ID})
	}
	out, err := json.MarshalIndent(doc, "", "  ")
	return append(out, '\n'), err
}
