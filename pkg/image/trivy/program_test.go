package trivy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kustoms-dev/kustoms/pkg/image"
	"github.com/kustoms-dev/kustoms/pkg/image/registry"
	"github.com/kustoms-dev/kustoms/pkg/image/trivy"
	"github.com/kustoms-dev/kustoms/pkg/internal/imagetest"
	"github.com/kustoms-dev/kustoms/pkg/result"
)

// replay is a program that prints what trivy prints, and keeps what it was
// given.
func replay(t *testing.T, report, version string) (path, log string) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to stand in for trivy")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"report": report, "version": version} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := "#!" + sh + `
{ echo "args $*"; echo "files $(ls | wc -l)"; env | sed 's/^/env /'; } >>` + dir + `/log
case "$1" in
image) test -f "$3/oci-layout" || { echo "no layout" >&2; exit 1; }; cat ` + dir + `/report;;
version) cat ` + dir + `/version;;
esac
`
	path = filepath.Join(dir, "trivy")
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path, filepath.Join(dir, "log")
}

func localImage(t *testing.T) string {
	t.Helper()
	return imagetest.Folder(t, imagetest.Image(t, imagetest.Layer(t, imagetest.File{Name: "a", Body: "1"}), imagetest.Layer(t, imagetest.File{Name: "b", Body: "2"})))
}

func program(t *testing.T, path string) *trivy.Program {
	t.Helper()
	r, err := registry.New(registry.Options{Local: true})
	if err != nil {
		t.Fatal(err)
	}
	return trivy.NewProgram(trivy.ProgramOptions{
		Path: path, Registry: r, Offline: true, Age: trivy.Age{Max: 5 * 24 * time.Hour, Now: func() time.Time { return now }},
		Env: append(os.Environ(), "TRIVY_SEVERITY=CRITICAL", "SECRET=s3cret", "TRIVY_SERVER=http://elsewhere", "TRIVY_CACHE_DIR=/somewhere"),
	})
}

const (
	versionJSON = `{"Version":"0.74.0","VulnerabilityDB":{"Version":2,"UpdatedAt":"2026-11-25T00:00:00Z"}}`
	reportJSON  = `{"SchemaVersion":2,"ArtifactType":"container_image","Metadata":{"OS":{"Family":"debian","Name":"12.5"},"DiffIDs":["sha256:x"]},
"Results":[{"Target":"x (debian 12.5)","Class":"os-pkgs","Type":"debian",
 "Packages":[{"ID":"bsdutils@1:2.38.1-5","Name":"bsdutils","Identifier":{"PURL":"pkg:deb/debian/bsdutils@2.38.1-5?epoch=1","UID":"u1"},"Version":"2.38.1","Release":"5","Epoch":1,"Arch":"amd64","SrcName":"util-linux","SrcVersion":"2.38.1","SrcRelease":"5","Layer":{"DiffID":"@LAYER@"}}],
 "Vulnerabilities":[{"VulnerabilityID":"CVE-2026-2","PkgID":"bsdutils@1:2.38.1-5","PkgName":"bsdutils","PkgIdentifier":{"UID":"u1"},"InstalledVersion":"1:2.38.1-5","FixedVersion":"2.38.1-6","Severity":"HIGH","SeveritySource":"debian","CVSS":{"nvd":{"V3Vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}}]},
 {"Target":"Node.js","Class":"lang-pkgs","Type":"node-pkg",
 "Packages":[{"ID":"left@1.0.0","Name":"left","Identifier":{"PURL":"pkg:npm/left@1.0.0"},"Version":"1.0.0","FilePath":"a/package.json"},{"ID":"left@1.0.0","Name":"left","Identifier":{"PURL":"pkg:npm/left@1.0.0"},"Version":"1.0.0","FilePath":"b/package.json"}],
 "Vulnerabilities":[{"VulnerabilityID":"GHSA-left","PkgID":"left@1.0.0","PkgPath":"b/package.json","PkgName":"left","InstalledVersion":"1.0.0","Severity":"MEDIUM","SeveritySource":"ghsa"}]}]}`
)

func TestProgram(t *testing.T) {
	ref := localImage(t)
	r, err := registry.New(registry.Options{Local: true})
	if err != nil {
		t.Fatal(err)
	}
	img, err := r.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	path, log := replay(t, strings.Replace(reportJSON, "@LAYER@", img.Layers[0].DiffID, 1), versionJSON)
	res, err := program(t, path).Scan(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if res.Engine != "trivy 0.74.0" || res.Image.Digest != img.ID.Digest || len(res.Packages) != 3 || len(res.Gaps) > 0 || len(res.Vulnerabilities) != 2 {
		t.Fatalf("%+v", res)
	}
	p := res.Packages[0]
	if p.Version != "1:2.38.1-5" || p.Source != "util-linux" || p.SourceVersion != "2.38.1-5" || p.Ecosystem != "Debian:12" || !p.OS {
		t.Errorf("%+v", p)
	}
	v := res.Vulnerabilities[0]
	if v.ID != "CVE-2026-2" || v.Rating != result.RatedCritical || v.Packages[0].Fixed != "2.38.1-6" || v.Packages[0].Layer.DiffID != img.Layers[0].DiffID {
		t.Errorf("%+v", v)
	}
	if v := res.Vulnerabilities[1]; len(v.Packages) != 1 || v.Packages[0].Path != "b/package.json" || v.Packages[0].Ecosystem != "npm" {
		t.Errorf("%+v", v)
	}

	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--offline-scan", "--skip-db-update", "files 0\n", "env TRIVY_CACHE_DIR=/somewhere\n", "env PATH="} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the program was not given %q:\n%s", want, text)
		}
	}
	for _, not := range []string{"s3cret", "TRIVY_SEVERITY", "TRIVY_SERVER"} {
		if strings.Contains(string(text), not) {
			t.Errorf("the program was given %s", not)
		}
	}
	dir := strings.Fields(string(text))[3]
	if !strings.Contains(dir, "kustoms-trivy-") {
		t.Fatalf("no folder of ours: %s", text)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", dir, err)
	}
}

func TestProgramRefuses(t *testing.T) {
	ref := localImage(t)
	for name, tt := range map[string]struct{ report, version, want string }{
		"other schema":  {`{"SchemaVersion":3,"ArtifactType":"container_image"}`, versionJSON, "SchemaVersion 3"},
		"of no image":   {`{"SchemaVersion":2,"ArtifactType":"filesystem"}`, versionJSON, `"filesystem"`},
		"half a report": {reportJSON[:300], versionJSON, "cannot be read"},
		"nothing":       {"", versionJSON, "cannot be read"},
		"stale":         {reportJSON, strings.Replace(versionJSON, "11-25", "11-01", 1), "older than"},
		"no database":   {reportJSON, `{"Version":"0.74.0"}`, "no vulnerability database"},
		"lost package":  {strings.Replace(reportJSON, `"PkgID":"left@1.0.0"`, `"PkgID":"right@1"`, 1), versionJSON, "a package that it does not list"},
	} {
		t.Run(name, func(t *testing.T) {
			path, _ := replay(t, tt.report, tt.version)
			if _, err := program(t, path).Scan(t.Context(), ref); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	path, _ := replay(t, reportJSON, versionJSON)
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho first >&2; echo 'FATAL no space' >&2; exit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := program(t, path).Scan(t.Context(), ref); err == nil || !strings.Contains(err.Error(), `exit status 1: "FATAL no space"`) {
		t.Errorf("a failure: %v", err)
	}
	if _, err := program(t, path+"-none").Scan(t.Context(), ref); err == nil || !strings.Contains(err.Error(), "cannot be started") {
		t.Errorf("no program: %v", err)
	}
}

// TestProgramGaps: a distribution whose packages were not looked up.
func TestProgramGaps(t *testing.T) {
	for report, want := range map[string]string{
		`{"SchemaVersion":2,"ArtifactType":"container_image","Metadata":{"OS":{"Family":"nobodys","Name":"7"}}}`: "Trivy has no advisories for this distribution",
		`{"SchemaVersion":2,"ArtifactType":"container_image"}`:                                                   "found none",
		strings.Replace(reportJSON, `"Name":"12.5"}`, `"Name":"12.5","EOSL":true}`, 1):                           "no longer maintains",
	} {
		path, _ := replay(t, report, versionJSON)
		res, err := program(t, path).Scan(t.Context(), localImage(t))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(res.Gaps, func(g image.Gap) bool { return strings.Contains(g.String(), want) }) {
			t.Errorf("gaps %v, want %q", res.Gaps, want)
		}
	}
}
