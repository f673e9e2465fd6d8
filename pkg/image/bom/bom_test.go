package bom

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

var inventory = &image.Inventory{
	Image:  result.ImageID{Ref: "ghcr.io/shop/web:1", Digest: "sha256:" + strings.Repeat("ab", 32)},
	Distro: image.Distro{ID: "debian", Version: "12", Name: "Debian GNU/Linux 12 (bookworm)"},
	Packages: []image.Package{
		{Name: "libssl3", Version: "3.0.11-1", PURL: "pkg:deb/debian/libssl3@3.0.11-1", Path: "var/lib/dpkg/status", OS: true, Licenses: []string{"Apache 2"}},
		{Name: "left", Version: "1.0.0", PURL: "pkg:npm/left@1.0.0", Path: "app/node_modules/left/package.json"},
		{Name: "nameless"},
	},
}

func valid(t *testing.T, text []byte, main string, files map[string]string) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for url, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		doc, err := jsonschema.UnmarshalJSON(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(url, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile(main)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Error(err)
	}
}

// The library of CycloneDX carries the schemas that the standard publishes.
func TestCycloneDX(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Skipf("go list does not find the library of CycloneDX: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "schema")
	for _, inv := range []*image.Inventory{inventory, {Image: inventory.Image}} {
		text, err := CycloneDX(inv, "0.1", "")
		if err != nil {
			t.Fatal(err)
		}
		valid(t, text, "http://cyclonedx.org/schema/bom-1.6.schema.json", map[string]string{
			"http://cyclonedx.org/schema/bom-1.6.schema.json":  filepath.Join(dir, "bom-1.6.schema.json"),
			"http://cyclonedx.org/schema/spdx.schema.json":     filepath.Join(dir, "spdx.schema.json"),
			"http://cyclonedx.org/schema/jsf-0.82.schema.json": filepath.Join(dir, "jsf-0.82.schemax.json"),
		})
		if n := strings.Count(string(text), `"type": "library"`) + strings.Count(string(text), `"type":"library"`); n != len(inv.Packages) {
			t.Errorf("%d packages of %d", n, len(inv.Packages))
		}
	}
}

func TestSPDX(t *testing.T) {
	text, err := SPDX(inventory, "0.1", "2026-01-02T00:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"referenceLocator": "pkg:npm/left@1.0.0"`, `"spdxVersion": "SPDX-2.3"`, `"relationshipType": "DESCRIBES"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s", want)
		}
	}
	schema := os.Getenv("KUSTOMS_SPDX_SCHEMA")
	if schema == "" {
		t.Skip("KUSTOMS_SPDX_SCHEMA does not name SPDX' JSON Schema, version 2.3")
	}
	valid(t, text, "http://spdx.org/rdf/terms/2.3", map[string]string{"http://spdx.org/rdf/terms/2.3": schema})
}
