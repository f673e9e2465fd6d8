package vex

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

const digest = "sha256:0123456789012345678901234567890123456789012345678901234567890123"

var (
	ssl  = result.AffectedPackage{Name: "libssl3", Installed: "3.0.11-1", Source: "openssl", SourceVersion: "3.0.11-1", PURL: "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12"}
	curl = result.AffectedPackage{Name: "curl", Installed: "7.88.1", PURL: "pkg:deb/debian/curl@7.88.1?arch=amd64&distro=debian-12"}
	std  = result.AffectedPackage{Name: "stdlib", Installed: "1.22.0", PURL: "pkg:golang/stdlib@1.22.0"}
)

type fixed struct{ r *image.Result }

func (f fixed) Scan(context.Context, string) (*image.Result, error) { return f.r, nil }

func judged(t *testing.T, ref string, docs []string, pkgs ...result.AffectedPackage) result.Vulnerability {
	t.Helper()
	d := &Documents{}
	for i, text := range docs {
		if err := d.Load(fmt.Sprintf("%d.json", i), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	id := result.ImageID{Ref: ref, Digest: digest, Platform: "linux/amd64"}
	shared := &image.Result{Inventory: image.Inventory{Image: id}, Vulnerabilities: []result.Vulnerability{{ID: "CVE-2024-1", Aliases: []string{"GHSA-x"}, Packages: pkgs, Image: id}}}
	r, err := Apply(fixed{shared}, d).Scan(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if shared.Vulnerabilities[0].VEX != nil {
		t.Error("the shared result was changed")
	}
	return r.Vulnerabilities[0]
}

func open(product, status, when string) string {
	extra := map[string]string{"not_affected": `"justification":"vulnerable_code_not_present"`, "affected": `"action_statement":"update"`, "fixed": `"status_notes":"patched"`, "under_investigation": `"status_notes":"soon"`}[status]
	return fmt.Sprintf(`{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.com/vex-1","author":"Acme","timestamp":%q,"version":1,
"statements":[{"vulnerability":{"name":"CVE-2024-1"},"products":[%s],"status":%q,%s}]}`, when, product, status, extra)
}

const day = "2026-01-02T00:00:00Z"

func TestOpenVEX(t *testing.T) {
	na := func(product string) []string { return []string{open(product, "not_affected", day)} }
	for name, c := range map[string]struct {
		ref  string
		docs []string
		pkgs []result.AffectedPackage
		want bool
	}{
		"the package":                  {"web:1", na(`{"@id":"pkg:deb/debian/libssl3"}`), []result.AffectedPackage{ssl}, true},
		"one version of it":            {"web:1", na(`{"@id":"pkg:deb/debian/libssl3@3.0.11-1"}`), []result.AffectedPackage{ssl}, true},
		"another version":              {"web:1", na(`{"@id":"pkg:deb/debian/libssl3@3.0.12-1"}`), []result.AffectedPackage{ssl}, false},
		"its source":                   {"web:1", na(`{"@id":"pkg:deb/debian/openssl@3.0.11-1?arch=source"}`), []result.AffectedPackage{ssl}, true},
		"another distribution":         {"web:1", na(`{"@id":"pkg:deb/ubuntu/libssl3"}`), []result.AffectedPackage{ssl}, false},
		"a point release":              {"web:1", na(`{"@id":"pkg:deb/debian/libssl3?distro=debian-12.5"}`), []result.AffectedPackage{ssl}, true},
		"another release":              {"web:1", na(`{"@id":"pkg:deb/debian/libssl3?distro=debian-11"}`), []result.AffectedPackage{ssl}, false},
		"go with a v":                  {"web:1", na(`{"@id":"https://x","identifiers":{"purl":"pkg:golang/stdlib@v1.22.0"}}`), []result.AffectedPackage{std}, true},
		"one of two packages":          {"web:1", na(`{"@id":"pkg:deb/debian/libssl3"}`), []result.AffectedPackage{ssl, curl}, false},
		"both":                         {"web:1", []string{open(`{"@id":"pkg:deb/debian/libssl3"},{"@id":"pkg:deb/debian/curl"}`, "not_affected", day)}, []result.AffectedPackage{ssl, curl}, true},
		"image by digest":              {"ghcr.io/shop/web:1", na(`{"@id":"https://x","hashes":{"sha-256":"` + digest[7:] + `"}}`), []result.AffectedPackage{ssl, curl}, true},
		"image by name":                {"ghcr.io/shop/web:1", na(`{"@id":"ghcr.io/shop/web:1"}`), []result.AffectedPackage{ssl}, true},
		"image by repository":          {"ghcr.io/shop/web:1", na(`{"@id":"ghcr.io/shop/web"}`), []result.AffectedPackage{ssl}, true},
		"another tag":                  {"ghcr.io/shop/web:2", na(`{"@id":"ghcr.io/shop/web:1"}`), []result.AffectedPackage{ssl}, false},
		"short name":                   {"nginx", na(`{"@id":"docker.io/library/nginx"}`), []result.AffectedPackage{ssl}, true},
		"oci purl":                     {"ghcr.io/shop/web:1", na(`{"@id":"pkg:oci/web@` + strings.Replace(digest, ":", "%3A", 1) + `?repository_url=ghcr.io/shop/web"}`), []result.AffectedPackage{ssl}, true},
		"oci purl of the folder":       {"ghcr.io/shop/web:1", na(`{"@id":"pkg:oci/web?repository_url=ghcr.io/shop&tag=1"}`), []result.AffectedPackage{ssl}, true},
		"oci purl of another registry": {"ghcr.io/shop/web:1", na(`{"@id":"pkg:oci/web?repository_url=quay.io/shop/web"}`), []result.AffectedPackage{ssl}, false},
		"oci purl of another image":    {"ghcr.io/shop/web:1", na(`{"@id":"pkg:oci/api@` + strings.Replace(digest, ":", "%3A", 1) + `"}`), []result.AffectedPackage{ssl}, false},
		"oci purl of another digest":   {"ghcr.io/shop/web:1", na(`{"@id":"pkg:oci/web@sha256%3Aabc?repository_url=ghcr.io/shop/web"}`), []result.AffectedPackage{ssl}, false},
		"oci purl without a registry":  {"ghcr.io/shop/web:1", na(`{"@id":"pkg:oci/web"}`), []result.AffectedPackage{ssl}, false},
		"oci purl of another platform": {"ghcr.io/shop/web:1", na(`{"@id":"pkg:oci/web?repository_url=ghcr.io/shop/web&arch=arm64"}`), []result.AffectedPackage{ssl}, false},
		"docker purl":                  {"nginx:1", na(`{"@id":"pkg:docker/library/nginx@1"}`), []result.AffectedPackage{ssl}, true},
		"part of the image":            {"ghcr.io/shop/web:1", na(`{"@id":"ghcr.io/shop/web","subcomponents":[{"@id":"pkg:deb/debian/libssl3"}]}`), []result.AffectedPackage{ssl}, true},
		"another part":                 {"ghcr.io/shop/web:1", na(`{"@id":"ghcr.io/shop/web","subcomponents":[{"@id":"pkg:deb/debian/curl"}]}`), []result.AffectedPackage{ssl}, false},
		"part of another image":        {"ghcr.io/shop/api:1", na(`{"@id":"ghcr.io/shop/web","subcomponents":[{"@id":"pkg:deb/debian/libssl3"}]}`), []result.AffectedPackage{ssl}, false},
		"fixed in this version":        {"web:1", []string{open(`{"@id":"pkg:deb/debian/libssl3@3.0.11-1"}`, "fixed", day)}, []result.AffectedPackage{ssl}, true},
		"fixed in some version":        {"web:1", []string{open(`{"@id":"pkg:deb/debian/libssl3"}`, "fixed", day)}, []result.AffectedPackage{ssl}, false},
		"affected later":               {"web:1", []string{open(`{"@id":"pkg:deb/debian/libssl3"}`, "affected", "2026-02-02T00:00:00Z"), open(`{"@id":"pkg:deb/debian/libssl3"}`, "not_affected", day)}, []result.AffectedPackage{ssl}, false},
		"affected before":              {"web:1", []string{open(`{"@id":"pkg:deb/debian/libssl3"}`, "affected", "2025-02-02T00:00:00Z"), open(`{"@id":"pkg:deb/debian/libssl3"}`, "not_affected", day)}, []result.AffectedPackage{ssl}, true},
		"two words at once":            {"web:1", []string{open(`{"@id":"pkg:deb/debian/libssl3"}`, "under_investigation", day), open(`{"@id":"pkg:deb/debian/libssl3"}`, "not_affected", day)}, []result.AffectedPackage{ssl}, false},
		"by alias":                     {"web:1", []string{strings.Replace(open(`{"@id":"pkg:deb/debian/libssl3"}`, "not_affected", day), `"name":"CVE-2024-1"`, `"name":"GO-1","aliases":["GHSA-x"]`, 1)}, []result.AffectedPackage{ssl}, true},
		"another fault":                {"web:1", []string{strings.Replace(open(`{"@id":"pkg:deb/debian/libssl3"}`, "not_affected", day), "CVE-2024-1", "CVE-2024-2", 1)}, []result.AffectedPackage{ssl}, false},
	} {
		v := judged(t, c.ref, c.docs, c.pkgs...)
		if v.NotAffected != c.want {
			t.Errorf("%s: not affected: %v (%v)", name, v.NotAffected, v.VEX)
		}
	}
	v := judged(t, "web:1", na(`{"@id":"pkg:deb/debian/libssl3"}`), ssl)
	if got, want := v.VEX[0].String(), "not_affected: vulnerable_code_not_present (VEX of Acme, 0.json)"; got != want {
		t.Errorf("got %q", got)
	}
}

func csafText(status, relates string) string {
	return `{"document":{"category":"csaf_vex","csaf_version":"2.0","publisher":{"name":"Acme PSIRT"},"tracking":{"id":"ACME-1","current_release_date":"2026-01-02T00:00:00Z"}},
"product_tree":{"branches":[{"category":"vendor","name":"Acme","branches":[
 {"category":"product_version","name":"web","product":{"name":"web 1","product_id":"web","product_identification_helper":{` + relates + `}}},
 {"category":"product_version","name":"ssl","product":{"name":"libssl3","product_id":"ssl","product_identification_helper":{"purl":"pkg:deb/debian/libssl3@3.0.11-1"}}}]}],
 "relationships":[{"category":"default_component_of","product_reference":"ssl","relates_to_product_reference":"web","full_product_name":{"name":"ssl in web","product_id":"web:ssl"}}]},
"vulnerabilities":[{"cve":"CVE-2024-1","product_status":{"` + status + `":["web:ssl"]},"flags":[{"label":"vulnerable_code_not_in_execute_path","product_ids":["web:ssl"]}]}]}`
}

func TestCSAF(t *testing.T) {
	web := `"purl":"pkg:oci/web?repository_url=ghcr.io/shop/web"`
	for name, c := range map[string]struct {
		ref, text string
		want      bool
	}{
		"part of the image":      {"ghcr.io/shop/web:1", csafText("known_not_affected", web), true},
		"part of another image":  {"ghcr.io/shop/api:1", csafText("known_not_affected", web), false},
		"image by hash":          {"x:1", csafText("fixed", `"hashes":[{"filename":"web","file_hashes":[{"algorithm":"sha256","value":"`+digest[7:]+`"}]}]`), true},
		"affected":               {"ghcr.io/shop/web:1", csafText("known_affected", web), false},
		"of a nameless platform": {"ghcr.io/shop/web:1", csafText("known_not_affected", `"cpe":"cpe:/o:redhat:enterprise_linux:9"`), false},
	} {
		if v := judged(t, c.ref, []string{c.text}, ssl); v.NotAffected != c.want {
			t.Errorf("%s: not affected: %v", name, v.NotAffected)
		}
	}
	v := judged(t, "ghcr.io/shop/web:1", []string{csafText("known_not_affected", web)}, ssl)
	if w := v.VEX[0]; w.Justification != "vulnerable_code_not_in_execute_path" || w.Author != "Acme PSIRT" || w.Document != "ACME-1" {
		t.Errorf("got %+v", w)
	}
	d := &Documents{}
	if err := d.Load("x.json", []byte(csafText("known_not_affected", `"cpe":"cpe:/o:redhat:enterprise_linux:9"`))); err != nil || len(d.Remarks) != 1 || !strings.Contains(d.Remarks[0], "1 of 1") {
		t.Errorf("remarks %v, %v", d.Remarks, err)
	}
}

func TestCycloneDX(t *testing.T) {
	bom := func(rest, ref, analysis string) string {
		return `{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{"timestamp":"2026-01-02T00:00:00Z"` + rest + `,"vulnerabilities":[{"id":"CVE-2024-1","analysis":` + analysis + `,"affects":[{"ref":"` + ref + `"}]}]}`
	}
	na := `{"state":"not_affected","justification":"code_not_reachable"}`
	in := `,"component":{"type":"container","bom-ref":"web","name":"ghcr.io/shop/web","version":"` + digest + `"}},"components":[{"type":"library","bom-ref":"ssl","name":"libssl3","purl":"pkg:deb/debian/libssl3@3.0.11-1"}]`
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"a purl for a reference": {bom(`}`, "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12", na), true},
		"a link into an SBOM":    {bom(`}`, "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg:deb/debian/libssl3@3.0.11-1", na), true},
		"an escaped link":        {bom(`}`, "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Adeb%2Fdebian%2Flibssl3%403.0.11-1", na), true},
		"a component":            {bom(in, "ssl", na), true},
		"the image":              {bom(in, "web", na), true},
		"of another image":       {bom(strings.Replace(in, digest, "sha256:abc", 1), "ssl", na), false},
		"false positive":         {bom(in, "ssl", `{"state":"false_positive"}`), true},
		"resolved":               {bom(in, "ssl", `{"state":"resolved"}`), true},
		"exploitable":            {bom(in, "ssl", `{"state":"exploitable"}`), false},
		"in triage":              {bom(in, "ssl", `{"state":"in_triage"}`), false},
		"nothing stated":         {bom(in, "ssl", `{}`), false},
		"an unknown reference":   {bom(in, "ref-7", na), false},
		"in an application":      {bom(strings.Replace(in, `"container"`, `"application"`, 1), "ssl", na), false},
	} {
		if v := judged(t, "web:1", []string{c.text}, ssl); v.NotAffected != c.want {
			t.Errorf("%s: not affected: %v", name, v.NotAffected)
		}
	}
}

// A document that cannot be read whole clears nothing, and says why.
func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":   "no JSON",
		"[]": "no JSON",
		"{}": "no VEX",
		`{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"vulnerability":{"name":"CVE-1"},"status":"fine"}]}`:         `statements[0]: invalid status value "fine"`,
		`{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"vulnerability":{"name":"CVE-1"},"status":"not_affected"}]}`: "justification or impact statement",
		`{"@context":"https://openvex.dev/ns/v0.2.0","statements":[{"status":"fixed"}]}`:                                         "vulnerability.name is missing",
		`{"@context":"https://openvex.dev/ns/v0.2.0","statements":{}}`:                                                           "no OpenVEX",
		`{"document":{"csaf_version":"2.0","category":"csaf_base"}}`:                                                             `document.category is "csaf_base"`,
		strings.Replace(csafText("known_not_affected", ""), `"product_id":"web:ssl"`, `"product_id":"other"`, 1):                 `the product tree has no "web:ssl"`,
		strings.Replace(csafText("known_not_affected", ""), `"flags"`, `"x"`, 1):                                                 "says why",
		csafText("cured", ""): `unknown status "cured"`,
		`{"bomFormat":"CycloneDX","vulnerabilities":[{"id":"CVE-1","analysis":{"state":"fine"}}]}`: `unknown state "fine"`,
	} {
		if err := new(Documents).Load("x.json", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(open(`{"@id":"pkg:deb/debian/libssl3"}`, "not_affected", day)))
	f.Add([]byte(csafText("known_not_affected", `"purl":"pkg:oci/web?repository_url=ghcr.io/shop/web"`)))
	f.Add([]byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","vulnerabilities":[{"id":"CVE-2024-1","analysis":{"state":"resolved"},"affects":[{"ref":"pkg:a/b"}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d := &Documents{}
		if d.Load("x.json", text) == nil {
			v := result.Vulnerability{ID: "CVE-2024-1", Packages: []result.AffectedPackage{ssl}}
			d.mark(&v, result.ImageID{Ref: "web:1", Digest: digest})
		}
	})
}
