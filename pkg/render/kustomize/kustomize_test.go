package kustomize

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/kustoms-dev/kustoms/pkg/render"
	"github.com/kustoms-dev/kustoms/pkg/result"
	"github.com/kustoms-dev/kustoms/pkg/source"
)

// repoOf writes a txtar archive into a repository. It lies one directory below
// a secret that no render may read.
func repoOf(t *testing.T, archive string) *source.Repo {
	t.Helper()
	top := t.TempDir()
	write(t, filepath.Join(top, "outside.yaml"), configMap("outside"))
	dir := filepath.Join(top, "repo")
	for _, f := range txtar.Parse([]byte(archive)).Files {
		write(t, filepath.Join(dir, f.Name), string(f.Data))
	}
	repo, err := source.OpenRepo(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	return repo
}

func write(t *testing.T, file, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func configMap(name string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n"
}

func target(dir string) result.Target {
	return result.Target{Name: dir, Kind: result.KindKustomize, Path: dir}
}

func TestRender(t *testing.T) {
	repo := repoOf(t, `
-- base/kustomization.yaml --
resources: [cm.yaml]
-- base/cm.yaml --
# a comment
kind: ConfigMap
apiVersion: v1
metadata:
  name: web
data: {b: "1", a: x}
-- prod/kustomization.yaml --
bases: [../base]
namePrefix: prod-
commonLabels: {env: prod}
`)
	out, err := (&Renderer{Repo: repo}).Render(t.Context(), target("prod"))
	if err != nil {
		t.Fatal(err)
	}
	want := `apiVersion: v1
data:
  a: x
  b: "1"
kind: ConfigMap
metadata:
  labels:
    env: prod
  name: prod-web
`
	if got := string(out.Text); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if len(out.Documents) != 1 || out.Documents[0].Line != 1 {
		t.Errorf("documents: %+v", out.Documents)
	}
	if len(out.Warnings) != 2 {
		t.Errorf("warnings: %q, want those of bases and commonLabels, each once", out.Warnings)
	}
}

func TestRefusals(t *testing.T) {
	for _, tc := range []struct{ name, kustomization, at, msg string }{
		{"git base", "resources:\n- https://example.com/org/repo//base?ref=v1\n", "o/kustomization.yaml:2", "is remote"},
		{"ssh base", "resources:\n- git@example.com:org/repo\n", "o/kustomization.yaml:2", "is remote"},
		{"forced git", "resources:\n- git::ssh://example.com/org/repo\n", "o/kustomization.yaml:2", "is remote"},
		{"github shorthand", "bases:\n- github.com/org/repo\n", "o/kustomization.yaml:2", "is remote"},
		{"key in another case", "RESOURCES:\n- github.com/org/repo\n", "o/kustomization.yaml:2", "is remote"},
		{"component", "components:\n- github.com/org/repo\n", "o/kustomization.yaml:2", "is remote"},
		{"patch", "resources: [cm.yaml]\npatches:\n- path: https://example.com/p.yaml\n", "o/kustomization.yaml:3", "is remote"},
		{"configuration", "configurations:\n- http://example.com/c.yaml\n", "o/kustomization.yaml:2", "is remote"},
		{"openapi", "openapi:\n  path: https://example.com/s.json\n", "o/kustomization.yaml:2", "is remote"},
		{"generator file", "configMapGenerator:\n- name: a\n  files:\n  - x=https://example.com/x\n", "o/kustomization.yaml:4", "is remote"},
		{"replacement", "replacements:\n- path: https://example.com/r.yaml\n", "o/kustomization.yaml:2", "is remote"},
		{"plugin's file", "transformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: p}\n  path: https://example.com/p.yaml\n", "o/kustomization.yaml:2", "is remote"},
		{"exec plugin", "generators:\n- plugin.yaml\n", "o/plugin.yaml:2", "would run a program"},
		{"inline exec plugin", "transformers:\n- |-\n  apiVersion: evil/v1\n  kind: Exec\n  metadata: {name: x}\n", "o/kustomization.yaml:2", "would run a program"},
		{"plugins through a base that patches them", "generators:\n- ../patched\n", "patched/kustomization.yaml:1", "may only list resources"},
		{"parent directory", "resources:\n- ../../outside.yaml\n", "o/kustomization.yaml:2", "leads out"},
		{"absolute path", "resources:\n- /etc/hostname\n", "o/kustomization.yaml:2", "leads out"},
		{"link out", "resources:\n- link.yaml\n", "o/kustomization.yaml:2", "leads out"},
		{"linked directory out", "resources:\n- linkdir\n", "o/kustomization.yaml:2", "leads out"},
		{"configuration outside", "configurations: [../../outside.yaml]\n", "o/kustomization.yaml:1", "leads out"},
		{"openapi outside", "openapi: {path: ../../outside.yaml}\n", "o/kustomization.yaml:1", "leads out"},
		{"generator outside", "generators: [../../outside.yaml]\n", "o/kustomization.yaml:1", "leads out"},
		{"file outside", "configMapGenerator: [{name: a, files: [../../outside.yaml]}]\n", "o/kustomization.yaml:1", "leads out"},
		{"file above the overlay", "resources: [cm.yaml]\npatches: [{path: ../patched/cm.yaml}]\n", "o/kustomization.yaml:1", "not in or below"},
		{"missing", "resources:\n- cm.yaml\n- gone.yaml\n", "o/kustomization.yaml:3", "does not exist"},
		{"cycle", "resources:\n- ../cycle\n", "cycle/kustomization.yaml:2", "cycle"},
		{"unknown field", "resources: [cm.yaml]\nnamPrefix: x\n", "o/kustomization.yaml:2", "unknown field"},
		{"not YAML", "resources: [\n", "o/kustomization.yaml:", "not valid YAML"},
		{"alias bomb", "resources:\n- bomb.yaml\n", "o/bomb.yaml:", "aliases expand"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			repo := repoOf(t, "-- o/cm.yaml --\n"+configMap("a")+
				"-- o/plugin.yaml --\napiVersion: evil/v1\nkind: Exec\nmetadata:\n  name: x\n"+
				"-- cycle/kustomization.yaml --\nresources:\n- ../o\n"+
				"-- patched/kustomization.yaml --\nnamePrefix: x-\nresources: [cm.yaml]\n-- patched/cm.yaml --\n"+configMap("a")+
				"-- o/bomb.yaml --\n"+bomb()+
				"-- o/kustomization.yaml --\n"+tc.kustomization)
			for link, to := range map[string]string{"link.yaml": "../../outside.yaml", "linkdir": "../.."} {
				if err := os.Symlink(to, filepath.Join(repo.Dir(), "o", link)); err != nil {
					t.Fatal(err)
				}
			}
			start := time.Now()
			_, err := (&Renderer{Repo: repo}).Render(t.Context(), target("o"))
			var f *render.Fault
			if !errors.As(err, &f) {
				t.Fatalf("error %v, want a fault", err)
			}
			if !strings.HasPrefix(f.At.String(), tc.at) || !strings.Contains(f.Msg, tc.msg) {
				t.Errorf("fault %s\nwant it at %s and to say %q", f, tc.at, tc.msg)
			}
			if strings.Contains(f.Msg, repo.Dir()) {
				t.Errorf("fault names the machine's path: %s", f)
			}
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// bomb expands to 10^9 nodes.
func bomb() string {
	var b strings.Builder
	b.WriteString(configMap("a") + "x0: &x0 [a]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "x%d: &x%d [%s*x%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*x%d, ", i), 9), i)
	}
	return b.String()
}

// A base that each level lists twice is loaded 2^n times by krusty.
func TestDiamonds(t *testing.T) {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "-- d%d/kustomization.yaml --\nresources: [a, b]\n", i)
		for _, s := range []string{"a", "b"} {
			fmt.Fprintf(&b, "-- d%d/%s/kustomization.yaml --\nnamePrefix: %s\nresources: [../../d%d]\n", i, s, s, i+1)
		}
	}
	b.WriteString("-- d30/kustomization.yaml --\nconfigMapGenerator: [{name: x}]\n")
	_, err := (&Renderer{Repo: repoOf(t, b.String())}).Render(t.Context(), target("d0"))
	if err == nil || !strings.Contains(err.Error(), "loads more than") {
		t.Errorf("error %v, want a limit", err)
	}
}

func TestCancelled(t *testing.T) {
	repo := repoOf(t, "-- o/kustomization.yaml --\nresources: [cm.yaml]\n-- o/cm.yaml --\n"+configMap("a"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (&Renderer{Repo: repo}).Render(ctx, target("o")); err == nil {
		t.Error("rendered with a cancelled context")
	}
}

// A schema that one build brings must not reach the next.
func TestSchemaStaysInItsBuild(t *testing.T) {
	deployment := `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: a
        image: a
`
	patch := strings.ReplaceAll(deployment, "name: a\n        image: a", "name: b\n        image: b")
	repo := repoOf(t, "-- plain/kustomization.yaml --\nresources: [d.yaml]\npatches: [{path: p.yaml}]\n"+
		"-- plain/d.yaml --\n"+deployment+"-- plain/p.yaml --\n"+patch+
		"-- custom/kustomization.yaml --\nopenapi: {path: s.json}\nresources: [../plain]\n"+
		`-- custom/s.json --
{"definitions": {"v1.Deployment": {"properties": {}, "x-kubernetes-group-version-kind": [{"group": "apps", "kind": "Deployment", "version": "v1"}]}}}
`)
	r := &Renderer{Repo: repo}
	text := func(dir string) string {
		out, err := r.Render(t.Context(), target(dir))
		if err != nil {
			t.Fatal(err)
		}
		return string(out.Text)
	}
	before := text("plain")
	custom := text("custom")
	if custom == before {
		t.Fatal("the custom schema changes nothing: the test shows nothing")
	}
	if after := text("plain"); after != before {
		t.Errorf("the build after a custom schema gives\n%s\nbefore it gave\n%s", after, before)
	}
}
