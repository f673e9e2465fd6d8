package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kustoms-dev/kustoms/pkg/result"
)

// toolsDir is where scripts/check-reports installs the consumers' own
// validators and schemas.
func toolsDir(t *testing.T) string {
	if dir := os.Getenv("KUSTOMS_REPORT_TOOLS"); dir != "" {
		return dir
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip("no cache directory to look for schemas in")
	}
	return filepath.Join(cache, "kustoms", "report-tools")
}

// schema compiles a JSON Schema of an npm package, or skips.
func schema(t *testing.T, npmPath string) *jsonschema.Schema {
	t.Helper()
	path := filepath.Join(toolsDir(t), "node_modules", filepath.FromSlash(npmPath))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not installed: run scripts/check-reports once", npmPath)
	}
	s, err := jsonschema.NewCompiler().Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validJSON(t *testing.T, s *jsonschema.Schema, data []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%#v", err)
	}
}

// cases are the reports that every format is validated with.
func cases() map[string]*result.Report {
	return map[string]*result.Report{"canonical": canonical(), "empty": empty(), "large": monorepo(), "zero": {}}
}

func TestSARIFSchema(t *testing.T) {
	s := schema(t, "@microsoft/sarif-multitool-linux/sarif-2.1.0.json")
	for name, r := range cases() {
		for _, suppressed := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				validJSON(t, s, write(t, Format{Name: "sarif", Write: sarif{suppressed: suppressed}}, r))
			})
		}
	}
}

// The library of CycloneDX carries the schemas that the standard publishes.
func TestCycloneDXSchema(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Skipf("go list does not find the library of CycloneDX: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "schema")
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	// The schemas name each other by the address where they are published.
	for url, file := range map[string]string{
		"http://cyclonedx.org/schema/bom-1.6.schema.json":  "bom-1.6.schema.json",
		"http://cyclonedx.org/schema/spdx.schema.json":     "spdx.schema.json",
		"http://cyclonedx.org/schema/jsf-0.82.schema.json": "jsf-0.82.schemax.json",
	} {
		f, err := os.Open(filepath.Join(dir, file))
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
	s, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range cases() {
		t.Run(name, func(t *testing.T) {
			validJSON(t, s, write(t, Format{Name: "cyclonedx", Write: cyclonedx{time: time.Unix(1e9, 0)}}, r))
		})
	}
}

// GitLab publishes its schemas of security reports where no package registry
// has them; those here state the same demands in our own words. With
// KUSTOMS_GITLAB_SCHEMAS, a directory of GitLab's own files, these are asked too.
func TestGitLabSchemas(t *testing.T) {
	files := map[string]string{
		"gitlab-codequality": "gitlab-codequality.json",
		"gitlab-sast":        "gitlab-security.json", "gitlab-secret-detection": "gitlab-security.json", "gitlab-container-scanning": "gitlab-security.json",
	}
	for _, f := range Formats() {
		file, ok := files[f.Name]
		if !ok {
			continue
		}
		own, err := jsonschema.NewCompiler().Compile(filepath.Join("testdata", "schema", file))
		if err != nil {
			t.Fatal(err)
		}
		schemas := []*jsonschema.Schema{own}
		if dir := os.Getenv("KUSTOMS_GITLAB_SCHEMAS"); dir != "" && file == "gitlab-security.json" {
			s, err := jsonschema.NewCompiler().Compile(filepath.Join(dir, strings.TrimPrefix(f.Name, "gitlab-")+"-report-format.json"))
			if err != nil {
				t.Fatal(err)
			}
			schemas = append(schemas, s)
		}
		for name, r := range cases() {
			t.Run(f.Name+"/"+name, func(t *testing.T) {
				for _, s := range schemas {
					validJSON(t, s, write(t, f, r))
				}
			})
		}
	}
}

func TestJUnitIsXML(t *testing.T) {
	for name, r := range cases() {
		d := xml.NewDecoder(bytes.NewReader(write(t, Format{Name: "junit", Write: junit{}}, r)))
		seen := map[[2]string]bool{}
		for {
			tok, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "testcase" {
				var k [2]string
				for _, a := range e.Attr {
					switch a.Name.Local {
					case "classname":
						k[0] = a.Value
					case "name":
						k[1] = a.Value
					}
				}
				if seen[k] {
					t.Errorf("%s: two cases are named %q", name, k)
				}
				seen[k] = true
			}
		}
		if len(seen) == 0 {
			t.Errorf("%s: no case: Jenkins fails such a build", name)
		}
	}
}
