package helm

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"
	helmengine "helm.sh/helm/v3/pkg/engine"

	"github.com/kustoms-dev/kustoms/pkg/internal/golden"
	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// unpack writes an archive into a repository of its own.
func unpack(t *testing.T, data []byte) (*Renderer, string) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse(data).Files {
		p := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	return &Renderer{Repo: repo, KubeVersion: "v1.34.0"}, dir
}

func archive(files ...string) []byte {
	a := &txtar.Archive{Files: []txtar.File{{Name: "c/Chart.yaml", Data: []byte("apiVersion: v2\nname: c\nversion: 1.0.0\n")}}}
	for i := 0; i < len(files); i += 2 {
		a.Files = append(a.Files, txtar.File{Name: "c/" + files[i], Data: []byte(files[i+1])})
	}
	return txtar.Format(a)
}

var target = result.Target{Name: "c", Kind: result.KindHelm, Path: "c", Helm: &result.Helm{}}

// TestOrigins writes the golden table "scalar → origin"; a question mark is an
// origin that is not proven. The table is the same every time.
func TestOrigins(t *testing.T) {
	data, err := os.ReadFile("testdata/origins.txtar")
	if err != nil {
		t.Fatal(err)
	}
	first := origins(t, data)
	golden.Check(t, "testdata/origins.golden", first)
	for range 10 {
		if again := origins(t, data); !bytes.Equal(first, again) {
			t.Fatalf("two runs differ:\n%s\n%s", first, again)
		}
	}
}

func origins(t *testing.T, data []byte) []byte {
	t.Helper()
	r, _ := unpack(t, data)
	out, err := r.Render(t.Context(), result.Target{Name: "shop", Kind: result.KindHelm, Path: "shop", Helm: &result.Helm{Release: "my", ValueFiles: []string{"prod.yaml"}}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, d := range out.Documents {
		if err := d.Parse(); err != nil {
			t.Fatal(err)
		}
		for _, o := range d.Objects() {
			fmt.Fprintf(&b, "%s\n", o.Key)
			for p := range o.Root().Scalars() {
				loc := p.Location()
				fmt.Fprintf(&b, "  %-58s %s", p.Path()+": "+shorten(p.Str()), loc.Primary)
				for _, c := range loc.Chain {
					fmt.Fprintf(&b, " <%s %s:%d>", c.Role, filepath.Base(c.Path), c.Start.Line)
				}
				if !loc.Exact {
					b.WriteString(" ?")
				}
				b.WriteByte('\n')
			}
		}
	}
	return b.Bytes()
}

func shorten(s string) string {
	s = strings.ReplaceAll(s, "\n", "\\n")
	if len(s) > 24 {
		s = s[:24] + "…"
	}
	return s
}

// TestSameAsHelm runs Helm's own engine beside ours.
func TestSameAsHelm(t *testing.T) {
	data, err := os.ReadFile("testdata/origins.txtar")
	if err != nil {
		t.Fatal(err)
	}
	r, _ := unpack(t, data)
	r.init()
	tg := result.Target{Name: "shop", Kind: result.KindHelm, Path: "shop"}
	ch, _, err := r.charts.load(t.Context(), "shop", nil)
	if err != nil {
		t.Fatal(err)
	}
	j := &job{Renderer: r, target: tg, chart: ch}
	caps, err := j.capabilities()
	if err != nil {
		t.Fatal(err)
	}
	top, err := j.values(map[string]any{}, caps)
	if err != nil {
		t.Fatal(err)
	}
	want, err := helmengine.Engine{}.Render(ch, top)
	if err != nil {
		t.Fatal(err)
	}
	files := templates(ch, top)
	got, err := r.engine.render(t.Context(), files, func(n string) string { return files[n].text }, false, DefaultMaxOutput, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("%d files, Helm prints %d", len(got), len(want))
	}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s differs:\n--- helm\n%s\n--- kustoms\n%s", name, text, got[name])
		}
	}
}

func TestDeterministic(t *testing.T) {
	data := archive("templates/s.yaml", `apiVersion: v1
kind: Secret
metadata: {name: s}
stringData:
  password: {{ randAlphaNum 20 | quote }}
  id: {{ uuidv4 }}
  at: {{ now | date "2006-01-02" | quote }}
  hash: {{ bcrypt "x" | quote }}
  keys: {{ keys (dict "b" 1 "a" 2 "c" 3) | join "," }}
{{- $ca := genCA "ca" 365 }}
{{- $c := genSignedCert "web" (list "10.0.0.1") (list "web.example.com") 365 $ca }}
  cert: {{ $c.Cert | quote }}
  key: {{ $c.Key | quote }}
`)
	var outs []string
	for range 2 {
		r, _ := unpack(t, data)
		out, err := r.Render(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		outs = append(outs, string(out.Text))
	}
	if outs[0] != outs[1] {
		t.Errorf("two renders differ:\n%s\n%s", outs[0], outs[1])
	}
	var s struct {
		StringData map[string]string `yaml:"stringData"`
	}
	if err := yaml.Unmarshal([]byte(outs[0]), &s); err != nil {
		t.Fatal(err)
	}
	d := s.StringData
	if len(d["password"]) != 20 || d["keys"] != "a,b,c" || len(d["hash"]) != 60 {
		t.Errorf("wrong shapes: %q", d)
	}
	if _, err := tls.X509KeyPair([]byte(d["cert"]), []byte(d["key"])); err != nil {
		t.Errorf("the certificate and key do not parse or fit: %v", err)
	}
	for _, k := range []string{"password", "id", "hash", "key"} {
		if !Synthetic(d[k]) {
			t.Errorf("%s is not known as made up", k)
		}
	}
	if Synthetic("correct horse battery staple") || Synthetic("12345") {
		t.Error("a value of the user's passes as made up")
	}
}

func TestHostile(t *testing.T) {
	for name, c := range map[string]struct {
		archive []byte
		want    string
	}{
		"until":       {archive("templates/a.yaml", `{{ range until 2000000000 }}x{{ end }}`), "a list of 2000000000 numbers"},
		"repeat":      {archive("templates/a.yaml", `a: {{ repeat 2000000000 "x" }}`), "repeat makes more than"},
		"random":      {archive("templates/a.yaml", `a: {{ randAlphaNum 2000000000 }}`), "random string"},
		"output":      {archive("templates/a.yaml", `{{ range until 1000000 }}{{ repeat 1000 "x" }}{{ end }}`), "the output of one render"},
		"recursion":   {archive("templates/_h.tpl", `{{ define "a" }}{{ include "a" . }}{{ end }}`, "templates/a.yaml", `{{ include "a" . }}`), "nested reference name"},
		"tpl":         {archive("templates/a.yaml", `{{ $x := "{{ tpl .Values.x . }}" }}{{ tpl .Values.x . }}`, "values.yaml", "x: '{{ tpl .Values.x . }}'\n"), "include each other more than"},
		"forever":     {archive("templates/a.yaml", `{{ range until 1000000 }}{{ range until 1000000 }}{{ end }}{{ end }}`), "rendering took longer than"},
		"unclosed":    {archive("templates/a.yaml", "a: 1\nb: {{ .Values.x "), "unclosed action"},
		"nil":         {archive("templates/a.yaml", "a: 1\nb: {{ .Values.x.y.z }}"), "c/templates/a.yaml:2"},
		"fail":        {archive("templates/a.yaml", `{{ fail "set a password" }}`), "the chart refuses to render: set a password"},
		"yaml":        {archive("templates/a.yaml", "kind: A\na: b\n  c: d\n"), "c/templates/a.yaml:"},
		"values":      {archive("templates/a.yaml", "a: 1", "values.yaml", "a: b\n c: d\n"), "c/values.yaml"},
		"kubeVersion": {txtar.Format(&txtar.Archive{Files: []txtar.File{{Name: "c/Chart.yaml", Data: []byte("apiVersion: v2\nname: c\nversion: 1.0.0\nkubeVersion: '>=2.0.0'\n")}}}), "chart requires kubeVersion"},
		"dependency":  {txtar.Format(&txtar.Archive{Files: []txtar.File{{Name: "c/Chart.yaml", Data: []byte("apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- name: d\n  version: 1.0.0\n  repository: https://example.com\n")}}}), "d 1.0.0 from https://example.com"},
		"schema":      {archive("values.yaml", "a: text\n", "values.schema.json", `{"properties":{"a":{"type":"integer"}}}`), "got string, want integer"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := unpack(t, c.archive)
			r.Timeout = 10 * time.Second
			out, err := r.Render(t.Context(), target)
			if err == nil {
				t.Fatalf("rendered %d bytes, want an error with %q", len(out.Text), c.want)
			}
			f := render.AsFault(err)
			if !strings.Contains(f.Error(), c.want) {
				t.Errorf("error is %q, want %q in it", f, c.want)
			}
			if f.At.IsZero() {
				t.Errorf("error %q names no line", f)
			}
		})
	}
}

func TestConfined(t *testing.T) {
	r, dir := unpack(t, archive("templates/a.yaml", "kind: A\nf: {{ .Files.Get \"../../secret\" | quote }}\ng: {{ .Files.Get \"/etc/passwd\" | quote }}\nh: {{ getHostByName \"localhost\" | quote }}\n",
		"values.schema.json", `{"properties":{"a":{"$ref":"https://example.com/x.json"},"b":{"type":"integer"}}}`, "values.yaml", "a: 1\nb: 2\n"))
	out, err := r.Render(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`f: ""`, `g: ""`, `h: ""`} {
		if !strings.Contains(string(out.Text), want) {
			t.Errorf("output has no %s:\n%s", want, out.Text)
		}
	}
	if len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "https://example.com/x.json") {
		t.Errorf("no warning of the remote schema: %q", out.Warnings)
	}
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("kind: Stolen\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "c", "templates", "link.yaml")); err != nil {
		t.Skip("this file system has no symbolic links")
	}
	again := &Renderer{Repo: r.Repo}
	if out, err := again.Render(t.Context(), target); err == nil {
		t.Errorf("a link out of the repository was read:\n%s", out.Text)
	} else if !strings.Contains(err.Error(), "c/templates/link.yaml") {
		t.Errorf("the error does not name the link: %v", err)
	}
}
